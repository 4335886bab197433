// The commands, one function each, and the menu that offers them.
import * as path from 'node:path';
import * as vscode from 'vscode';
import { act, rewrite } from './actions';
import { chooseModel, openConfig } from './model';
import { ask } from './program';
import type { Scope } from './pauses';
import type { Server } from './server';
import type { StatusBar } from './statusBar';
import { tryFix, tryTyping } from './tour';
import { MENU, ours, REPORT, SERVER } from './words';

interface Parts {
  context: vscode.ExtensionContext;
  server: Server;
  bar: StatusBar;
  log: vscode.LogOutputChannel;
}

/** The address of the doctor's report; documents of this scheme are read-only. */
export const REPORTS = 'treefill-report';

export function commands(parts: Parts): Record<string, () => Promise<unknown>> {
  const { context, server, log } = parts;
  const vs = (command: string, ...args: unknown[]) => async () => vscode.commands.executeCommand(command, ...args);
  return {
    suggest: vs('editor.action.inlineSuggest.trigger'),
    dismiss: () => dismiss(server),
    whyNothing: () => whyNothing(server),
    acceptNextLine: vs('editor.action.inlineSuggest.acceptNextLine'),
    fix: () => act(server, 'quickfix'),
    implement: () => act(server, 'implement'),
    generateFromComment: () => act(server, 'from_comment'),
    writeDocstring: () => act(server, 'docstring'),
    explain: () => act(server, 'explain'),
    rewriteSelection: () => rewrite(server),
    actions: () => act(server),
    pauseFile: () => pause(server, 'file'),
    pauseLanguage: () => pause(server, 'language'),
    pauseAll: () => pause(server, 'all'),
    resumeAll: () => server.resume(vscode.window.activeTextEditor?.document),
    showMenu: () => menu(parts),
    chooseModel: () => chooseModel(server),
    openConfig: () => openConfig(server),
    showLog: async () => log.show(true),
    showStatistics: () => statistics(server, context),
    runDoctor: () => doctor(server),
    chooseServer,
    restartServer: () => server.start(),
    stopServer: () => server.stop(),
    tryTyping,
    tryFix,
    openWalkthrough: vs('workbench.action.openWalkthrough', `${context.extension.id}#start`, false),
  };
}

/** Text for the read-only documents. */
export class Reports implements vscode.TextDocumentContentProvider {
  private static text = '';
  private static readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = Reports.changed.event;

  provideTextDocumentContent(): string {
    return Reports.text;
  }

  static async show(name: string, text: string): Promise<void> {
    const uri = vscode.Uri.from({ scheme: REPORTS, path: name });
    Reports.text = text;
    Reports.changed.fire(uri);
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri));
  }
}

/** Hide the suggestion, and tell the server that it was not wanted. */
async function dismiss(server: Server): Promise<void> {
  const document = vscode.window.activeTextEditor?.document;
  await vscode.commands.executeCommand('editor.action.inlineSuggest.hide');
  if (document !== undefined) await server.dismissed(document);
}

async function whyNothing(server: Server): Promise<void> {
  void vscode.window.showInformationMessage(ours(await server.why()));
}

async function pause(server: Server, scope: Scope): Promise<void> {
  const document = vscode.window.activeTextEditor?.document;
  if (document === undefined && scope !== 'all') {
    void vscode.window.showInformationMessage(ours(REPORT.noFileToPause));
    return;
  }
  await server.pause(scope, document);
}

async function menu({ bar, server }: Parts): Promise<void> {
  const { off, language, server: process } = bar.now;
  const item = (label: string, command: string, description = '') => ({ label, command, description });
  const items: (vscode.QuickPickItem & { command?: string })[] = [];
  if (process === 'running') {
    if (off !== undefined && off !== 'settings') items.push(item(MENU.resume, 'resumeAll'));
    if (off === undefined && language !== undefined) {
      items.push(item(MENU.pauseFile, 'pauseFile'));
      items.push(item(MENU.pauseLanguage, 'pauseLanguage', language));
    }
    if (off === undefined) items.push(item(MENU.pauseAll, 'pauseAll'));
    if (off === 'settings') items.push(item(MENU.off, 'settings', bar.now.shown?.sentence));
    items.push(item(MENU.why, 'whyNothing', await server.why()));
    items.push({ label: '', kind: vscode.QuickPickItemKind.Separator });
  }
  if (server.program !== undefined) {
    items.push(item(MENU.model, 'chooseModel', bar.now.title ?? ''));
    items.push(item(MENU.statistics, 'showStatistics'));
    items.push(item(MENU.doctor, 'runDoctor', MENU.aboutDoctor));
  } else {
    items.push(item(MENU.program, 'chooseServer'));
  }
  items.push(item(MENU.log, 'showLog'));
  items.push(item(MENU.settings, 'settings'));
  items.push(item(MENU.restart, 'restartServer'));
  const chosen = await vscode.window.showQuickPick(items, { title: bar.now.title ?? 'treefill', placeHolder: bar.sentence });
  if (chosen?.command === 'settings') {
    await vscode.commands.executeCommand('workbench.action.openSettings', '@ext:treefill.treefill');
  } else if (chosen?.command !== undefined) {
    await vscode.commands.executeCommand(`treefill.${chosen.command}`);
  }
}

async function statistics(server: Server, context: vscode.ExtensionContext): Promise<void> {
  const folder = context.globalStorageUri;
  await vscode.workspace.fs.createDirectory(folder);
  const page = vscode.Uri.joinPath(folder, 'statistics.html');
  await ask(server, ['stats', '--html', page.fsPath], ours(REPORT.reading));
  const html = new TextDecoder().decode(await vscode.workspace.fs.readFile(page));
  // Numbers and drawings only; scripts stay off.
  const panel = vscode.window.createWebviewPanel('treefill.statistics', REPORT.statistics, vscode.ViewColumn.Active);
  panel.webview.html = html;
}

async function doctor(server: Server): Promise<void> {
  const { out, err } = await ask(server, ['doctor'], ours(REPORT.looking), [0, 1]);
  await Reports.show(REPORT.doctor, err === '' ? out : `${out}\n${err}`);
}

async function chooseServer(): Promise<void> {
  const [file] = (await vscode.window.showOpenDialog({ title: SERVER.theProgram, openLabel: SERVER.use })) ?? [];
  if (file === undefined) return;
  const settings = vscode.workspace.getConfiguration('treefill');
  await settings.update('server.path', path.normalize(file.fsPath), vscode.ConfigurationTarget.Global);
}
