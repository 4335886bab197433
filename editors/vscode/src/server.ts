// The server's process and the language client: finds the program, starts it, tells it the settings.
import * as vscode from 'vscode';
import {
  ExecuteCommandRequest,
  LanguageClient,
  State as ClientState,
  TransportKind,
  type LanguageClientOptions,
  type StaticFeature,
} from 'vscode-languageclient/node';
import { isProgram, locate } from './locate';
import { Pauses, type Scope, type Switch } from './pauses';
import { collect, serverSettings } from './settings';
import { hint } from './model';
import type { Shown, State } from './status';
import type { StatusBar } from './statusBar';
import { ours, SERVER, STATUS as STATUS_WORDS } from './words';

/** Asks for `treefill/status`. */
const STATUS: StaticFeature = {
  fillClientCapabilities(capabilities) {
    const others = capabilities.experimental as object | undefined;
    capabilities.experimental = { ...others, treefillStatus: true };
  },
  initialize() {},
  getState: () => ({ kind: 'static' }),
  clear() {},
};

/** What `treefill.status` tells, as much of it as is used here. */
interface Told {
  state?: Shown;
  thinking?: Shown;
  title?: string | null;
  lines?: string[];
  engine: { state: string };
  off: State['off'] | null;
  instruct?: boolean;
  instruct_missing?: string | null;
}

/** What a server of an earlier version tells. */
function ofEarlier({ state }: Told['engine']): Shown {
  const level = state === 'ready' ? 'normal' : state === 'failed' ? 'error' : 'busy';
  return { id: state, short: state, sentence: STATUS_WORDS.engineIs(state), level };
}

export class Server implements vscode.Disposable {
  /** The program in use. */
  program: string | undefined;
  /** The folder of the extension. */
  readonly folder: vscode.Uri;
  /** Why nothing that takes instructions can be done, when there is no model for it. */
  instructMissing: string | undefined;
  private client: LanguageClient | undefined;
  /** The number of the newest question about the state. */
  private asked = 0;
  private readonly pauses = new Pauses();
  private readonly names: string[];
  /** Starts and stops come one after another, whoever asks for them. */
  private turn: Promise<void> = Promise.resolve();

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly log: vscode.LogOutputChannel,
    private readonly bar: StatusBar,
  ) {
    this.names = serverSettings(context.extension.packageJSON);
    this.folder = context.extensionUri;
  }

  /** Find the program, and start it; an older one is stopped before. */
  start(): Promise<void> {
    return this.inTurn(async () => {
      await this.end();
      const windows = process.platform === 'win32';
      const bundled = this.context.asAbsolutePath(windows ? 'server/treefill.exe' : 'server/treefill');
      const setting = vscode.workspace.getConfiguration('treefill').get<string>('server.path', '');
      const found = await locate({ setting, bundled, searchPath: process.env.PATH ?? '', windows, isProgram });
      this.program = found.path;
      if (found.path === undefined) {
        this.log.error(`no server: ${found.why}`);
        this.bar.update({ server: 'missing', why: found.why });
        // Not awaited: the message stays until somebody answers it.
        void this.complain(found.why);
        return;
      }
      this.log.info(`starting ${found.path} (from the ${found.from})`);
      await this.run(found.path);
    });
  }

  /** Stop the server; nothing is suggested until it is started again. */
  stop(): Promise<void> {
    return this.inTurn(async () => {
      await this.end();
      this.bar.update({ server: 'stopped' });
    });
  }

  /** Send the settings, and have the user's own file read again. */
  async configure(): Promise<void> {
    if (this.client?.isRunning()) {
      await this.client.sendNotification('workspace/didChangeConfiguration', { settings: this.settings() });
      await this.refresh();
    }
  }

  /** Pause; without a document only everywhere. */
  async pause(scope: Scope, document: vscode.TextDocument | undefined): Promise<void> {
    const uri = document === undefined ? '' : this.uri(document);
    await this.turnSwitch(this.pauses.pause(scope, uri, document?.languageId ?? ''));
    await this.refresh();
  }

  async resume(document: vscode.TextDocument | undefined): Promise<void> {
    const uri = document === undefined ? '' : this.uri(document);
    for (const off of this.pauses.resume(uri, document?.languageId ?? '')) await this.turnSwitch(off);
    await this.refresh();
  }

  closed(document: vscode.TextDocument): void {
    this.pauses.closed(this.uri(document));
  }

  /** The state of the document in the active editor. */
  async refresh(): Promise<void> {
    const document = vscode.window.activeTextEditor?.document;
    const change: Partial<State> = {
      language: document?.languageId,
      served: document === undefined || vscode.languages.match(this.selector(), document) > 0,
    };
    if (this.client?.isRunning()) {
      const argument = document === undefined ? {} : { uri: this.uri(document) };
      this.asked += 1;
      const number = this.asked;
      const told = await this.command<Told>('treefill.status', argument);
      // Commands that take a model which follows instructions are in the context menu where there is one.
      await vscode.commands.executeCommand('setContext', 'treefill.instruct', told.instruct === true);
      this.instructMissing = told.instruct_missing ?? undefined;
      // Another editor may have come to the front meanwhile, or the state has changed: a newer answer is on the way.
      if (document !== vscode.window.activeTextEditor?.document || number !== this.asked) return;
      change.off = told.off ?? undefined;
      change.shown = told.state ?? ofEarlier(told.engine);
      change.busy = told.thinking;
      change.title = told.title ?? undefined;
      change.lines = told.lines ?? [];
    }
    this.bar.update(change);
  }

  /** Why nothing is suggested in the active editor, in a sentence. */
  async why(): Promise<string> {
    const document = vscode.window.activeTextEditor?.document;
    if (this.running() === undefined) return this.bar.sentence;
    const argument = document === undefined ? {} : { uri: this.uri(document) };
    return (await this.command<{ sentence: string }>('treefill.why', argument)).sentence;
  }

  /** The user hid the suggestion in this document. */
  async dismissed(document: vscode.TextDocument): Promise<void> {
    if (this.running() === undefined || vscode.languages.match(this.selector(), document) === 0) return;
    try {
      await this.command('treefill.dismissed', { uri: this.uri(document) });
    } catch (error) {
      // A server of an earlier version does not know it.
      this.log.debug(`treefill.dismissed: ${String(error)}`);
    }
  }

  /** Have the suggestion at the cursor prepared, before anybody asks for it. */
  async prepare(editor: vscode.TextEditor): Promise<void> {
    const client = this.running();
    if (client === undefined || vscode.languages.match(this.selector(), editor.document) === 0) return;
    const position = client.code2ProtocolConverter.asPosition(editor.selection.active);
    try {
      await this.command('treefill.prefetch', { uri: this.uri(editor.document), position });
    } catch (error) {
      // Nobody waits for it.
      this.log.debug(`treefill.prefetch: ${String(error)}`);
    }
  }

  /** The client, when the server runs. */
  running(): LanguageClient | undefined {
    return this.client?.isRunning() ? this.client : undefined;
  }

  dispose(): void {
    void this.stop();
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    this.turn = this.turn.then(work).catch((error: unknown) => {
      this.log.error(String(error));
      this.bar.update({ server: 'stopped' });
    });
    return this.turn;
  }

  private async end(): Promise<void> {
    const { client } = this;
    this.client = undefined;
    // One that has crashed cannot be stopped, and has nothing to say any more.
    await client?.dispose().catch((error: unknown) => this.log.warn(String(error)));
  }

  private async run(command: string): Promise<void> {
    this.bar.update({ server: 'starting', shown: undefined, title: undefined, lines: [] });
    const client = new LanguageClient(
      'treefill',
      'treefill',
      { command, args: ['serve'], transport: TransportKind.stdio },
      this.options(),
    );
    this.client = client;
    client.registerFeature(STATUS);
    client.onNotification('treefill/status', ({ state }: { state?: Shown }) => {
      // Of no document: what it is for the one in the editor is asked. Until that is known this is shown.
      if (this.bar.now.shown === undefined && state !== undefined) this.bar.update({ shown: state });
      void this.refresh().catch((error: unknown) => this.log.debug(`treefill.status: ${String(error)}`));
    });
    client.onNotification('treefill/hint', ({ sentence }: { sentence: string }) => {
      void hint(this, sentence).catch((error: unknown) => this.log.warn(String(error)));
    });
    client.onDidChangeState(({ newState }) => {
      if (client !== this.client) return;
      const server = { [ClientState.Running]: 'running', [ClientState.Stopped]: 'stopped' } as const;
      this.bar.update({ server: server[newState as keyof typeof server] ?? 'starting' });
      if (newState === ClientState.Running) void this.started(client);
    });
    await client.start();
  }

  /** A server that has just come up, perhaps after a crash, is told where the user wants silence. */
  private async started(client: LanguageClient): Promise<void> {
    try {
      // Until the client has told it of the open documents.
      await client.start();
      for (const off of this.pauses.replay()) await this.turnSwitch(off);
      await this.refresh();
    } catch (error) {
      this.log.warn(`after the start: ${String(error)}`);
    }
  }

  private options(): LanguageClientOptions {
    return {
      documentSelector: this.selector(),
      outputChannel: this.log,
      initializationOptions: () => this.settings(),
      middleware: {
        provideInlineCompletionItems: (document, position, context, token, next) =>
          this.bar.during(Promise.resolve(next(document, position, context, token))),
      },
    };
  }

  /** Files on disk, new ones and cells of notebooks. Not, for example, the two sides of a comparison or the log. */
  private selector(): ({ scheme: string } | { scheme: string; language: string })[] {
    const languages = vscode.workspace.getConfiguration('treefill').get<string[]>('languages', []);
    const names = languages.includes('*') ? [undefined] : languages;
    return names.flatMap((language) =>
      ['file', 'untitled', 'vscode-notebook-cell'].map((scheme) => (language === undefined ? { scheme } : { scheme, language })),
    );
  }

  private settings(): Record<string, Record<string, unknown>> {
    const all = vscode.workspace.getConfiguration();
    return collect(this.names, (name) => all.inspect(name), vscode.workspace.isTrusted);
  }

  private uri(document: vscode.TextDocument): string {
    return this.client?.code2ProtocolConverter.asUri(document.uri) ?? document.uri.toString();
  }

  private async command<T>(command: string, argument: unknown): Promise<T> {
    const client = this.running();
    if (client === undefined) throw new Error(SERVER.notRunning);
    return (await client.sendRequest(ExecuteCommandRequest.type, { command, arguments: [argument] })) as T;
  }

  /** Turn a switch until it stands as it should: the server only knows how to turn it the other way. */
  private async turnSwitch({ enabled, ...scope }: Switch): Promise<void> {
    if (this.running() === undefined) return;
    for (let tries = 0; tries < 2; tries += 1) {
      const now = await this.command<{ enabled: boolean }>('treefill.toggle', scope);
      if (now.enabled === enabled) return;
    }
  }

  private async complain(why: string): Promise<void> {
    const choice = await vscode.window.showErrorMessage(
      ours(SERVER.notFound(why)),
      SERVER.chooseFile,
      SERVER.openSetting,
      SERVER.howToInstall,
    );
    if (choice === SERVER.chooseFile) await vscode.commands.executeCommand('treefill.chooseServer');
    if (choice === SERVER.openSetting) {
      await vscode.commands.executeCommand('workbench.action.openSettings', 'treefill.server.path');
    }
    if (choice === SERVER.howToInstall) {
      // The page of this extension, which shows its README.
      await vscode.commands.executeCommand('extension.open', this.context.extension.id);
    }
  }
}
