// What VS Code calls: sets the parts up, and connects them with its events.
import * as vscode from 'vscode';
import { attention } from './attention';
import { commands, Reports, REPORTS } from './commands';
import { run } from './program';
import { Server } from './server';
import { StatusBar } from './statusBar';
import { ours } from './words';

let server: Server | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const log = vscode.window.createOutputChannel('treefill', { log: true });
  const bar = new StatusBar();
  const running = new Server(context, log, bar);
  server = running;
  context.subscriptions.push(log, bar, vscode.workspace.registerTextDocumentContentProvider(REPORTS, new Reports()));

  for (const [name, command] of Object.entries(commands({ context, server: running, bar, log }))) {
    const guarded = () =>
      command().catch((error: unknown) => {
        if (error instanceof vscode.CancellationError) return;
        log.error(`treefill.${name}: ${String(error)}`);
        void vscode.window.showErrorMessage(ours(error instanceof Error ? error.message : String(error)));
      });
    context.subscriptions.push(vscode.commands.registerCommand(`treefill.${name}`, guarded));
  }

  const quietly = (work: Promise<unknown>) => void work.catch((error: unknown) => log.warn(String(error)));
  context.subscriptions.push(
    attention(running),
    vscode.window.onDidChangeActiveTextEditor(() => quietly(running.refresh())),
    vscode.workspace.onDidOpenTextDocument(() => quietly(running.refresh())),
    vscode.workspace.onDidCloseTextDocument((document) => running.closed(document)),
    vscode.workspace.onDidGrantWorkspaceTrust(() => quietly(running.configure())),
    vscode.workspace.onDidChangeConfiguration((event) => {
      const restart = ['treefill.server', 'treefill.languages'].some((name) => event.affectsConfiguration(name));
      if (restart) quietly(running.start());
      else if (event.affectsConfiguration('treefill')) quietly(running.configure());
    }),
    vscode.workspace.onDidSaveTextDocument((document) => {
      if (document.fileName.endsWith('.toml')) quietly(reload(running, document));
    }),
  );
  await running.start();
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}

/** The user's configuration file was saved: the server reads it again, and a new model is used at once. */
async function reload(server: Server, document: vscode.TextDocument): Promise<void> {
  if (server.program === undefined) return;
  const { out } = await run(server.program, ['config', 'path']);
  if (out.trim() === document.fileName) await server.configure();
}
