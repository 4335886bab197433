// Serves the page to this machine, and gives each connection a server of its own: node serve.mjs TREEFILL [PORT]
// It prints the address, which holds a token. A connection must name it and come from this very page, so that no other page
// and no other user can have one.
import { spawn } from 'node:child_process';
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node.js';
import { WebSocketMessageReader, WebSocketMessageWriter } from 'vscode-ws-jsonrpc';
import { WebSocketServer } from 'ws';

const [program, port = '0'] = process.argv.slice(2);
const out = fileURLToPath(new URL('out/', import.meta.url));
const token = randomBytes(24).toString('base64url');
/** How long a server may take to end by itself when its page is gone. */
const PATIENCE_MS = 5000;
const LEAVE = { jsonrpc: '2.0', id: 'bridge', method: 'shutdown' };
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.ttf': 'font/ttf',
  '.svg': 'image/svg+xml',
};

const web = createServer(async (request, response) => {
  const pathname = parsed(request.url)?.pathname;
  // The bundle has no folders. A name that another page has made point to this machine is refused, too.
  const name = pathname === '/' ? 'index.html' : /^\/([\w.-]+)$/.exec(pathname ?? '')?.[1];
  const type = TYPES[extname(name ?? '')];
  if (request.method !== 'GET' || request.headers.host !== host() || type === undefined) {
    response.writeHead(403).end();
    return;
  }
  try {
    const content = await readFile(out + name);
    response.writeHead(200, { ...HEADERS, 'content-type': type, 'content-security-policy': policy() }).end(content);
  } catch {
    response.writeHead(404).end();
  }
});

const HEADERS = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

const parsed = (url) => (URL.canParse(url, 'http://127.0.0.1') ? new URL(url, 'http://127.0.0.1') : undefined);
const host = () => `127.0.0.1:${web.address().port}`;

/** The page loads nothing from elsewhere, and no other page may show it in a frame. */
function policy() {
  const own = "'self'";
  return [
    `default-src ${own}`,
    `script-src ${own} 'wasm-unsafe-eval'`,
    `style-src ${own} 'unsafe-inline'`,
    `img-src ${own} data:`,
    `font-src ${own} data:`,
    `worker-src ${own} blob:`,
    `connect-src ${own} ws://${host()} data: blob:`,
    "frame-ancestors 'none'",
  ].join('; ');
}

/** Whether a connection comes from our page. */
function ours({ headers, url }) {
  const given = Buffer.from(parsed(url)?.searchParams.get('token') ?? '');
  const known = Buffer.from(token);
  const same = given.length === known.length && timingSafeEqual(given, known);
  return same && headers.host === host() && headers.origin === `http://${host()}`;
}

/** Pass everything on between a connection and a server of its own. */
function bridge(socket) {
  const server = spawn(program, ['serve'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const toServer = new StreamMessageWriter(server.stdin);
  const fromServer = new StreamMessageReader(server.stdout);
  const page = {
    send: (text) => socket.send(text),
    onMessage: (call) => socket.on('message', (data) => call(data.toString())),
    onError: (call) => socket.on('error', call),
    onClose: (call) => socket.on('close', (code, reason) => call(code, reason.toString())),
    dispose: () => socket.close(),
  };
  const toPage = new WebSocketMessageWriter(page);
  // A server that has ended takes nothing any more; its end is noticed below.
  const tell = (message) => toServer.write(message).catch(() => {});
  new WebSocketMessageReader(page).listen((message) => void tell(message));
  fromServer.listen((message) => {
    if (message.id === LEAVE.id) void tell({ jsonrpc: '2.0', method: 'exit' });
    else if (socket.readyState === socket.OPEN) void toPage.write(message);
  });
  // A page that is closed does not say good-bye to the server.
  socket.on('close', () => {
    if (server.exitCode !== null) return;
    void tell(LEAVE);
    setTimeout(() => server.kill(), PATIENCE_MS).unref();
  });
  server.stdin.on('error', () => {});
  server.on('error', (error) => {
    console.error(`${program} cannot be started: ${error.message}`);
    socket.close();
  });
  server.on('exit', () => socket.close());
}

const sockets = new WebSocketServer({ server: web, path: '/server', verifyClient: ({ req }) => ours(req) });
sockets.on('connection', bridge);
web.on('error', (error) => {
  console.error(`port ${port} of this machine cannot be listened at: ${error.message}`);
  process.exit(1);
});
web.listen(Number(port), '127.0.0.1', () => console.log(`http://${host()}/#token=${token}`));
