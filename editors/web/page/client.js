// The language client: a WebSocket to the bridge, and what this client does differently from others.
import { MonacoLanguageClient } from 'monaco-languageclient';
import { CloseAction, ErrorAction } from 'vscode-languageclient/browser.js';
import { toSocket, WebSocketMessageReader, WebSocketMessageWriter } from 'vscode-ws-jsonrpc';

/** Asks for `treefill/status`. */
const STATUS = {
  fillClientCapabilities(capabilities) {
    capabilities.experimental = { ...capabilities.experimental, treefillStatus: true };
  },
  initialize() {},
  getState: () => ({ kind: 'static' }),
  clear() {},
};

function open(token) {
  const socket = new WebSocket(`ws://${location.host}/server?token=${encodeURIComponent(token)}`);
  return new Promise((resolve, reject) => {
    socket.onopen = () => resolve(socket);
    socket.onerror = () => reject(new Error('the server refused the connection; open the address that it printed'));
  });
}

/** A client that runs. `status` is told of requests and of the end. */
export async function connect({ token, status }) {
  const raw = await open(token);
  // Beside the reader's own `onclose`, by which the client gives up what it waits for.
  raw.addEventListener('close', () => status.ended());
  const socket = toSocket(raw);
  const client = new MonacoLanguageClient({
    name: 'treefill',
    clientOptions: {
      documentSelector: [{ scheme: 'file' }],
      // There is no other server here that marks errors.
      initializationOptions: { diagnostics: { syntax: true } },
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue }),
        closed: () => ({ action: CloseAction.DoNotRestart, handled: true }),
      },
      middleware: {
        // This version of the client (9.0) sends the editor's own numbers, which are one less than the protocol's.
        provideInlineCompletionItems: (document, position, context, cancel, next) =>
          status.during(next(document, position, { ...context, triggerKind: context.triggerKind + 1 }, cancel), cancel),
      },
    },
    messageTransports: { reader: new WebSocketMessageReader(socket), writer: new WebSocketMessageWriter(socket) },
  });
  client.registerFeature(STATUS);
  // Inline completion is one of them in this version.
  client.registerProposedFeatures();
  await client.start();
  return client;
}
