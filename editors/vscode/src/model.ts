// “Choose Model…”: what is on this machine, what can be had, a file. `treefill model` writes the user's file, after a confirmation.
import * as vscode from 'vscode';
import { benched, lastLine, pace, refused, rows, share, type Model, type Speed } from './models';
import { ask, child, runWithProgress } from './program';
import type { Server } from './server';
import { MODEL, ours, SERVER } from './words';

type Entry = vscode.QuickPickItem & { act?: () => Promise<void> };

/** What was measured in this window, and whether that is all there is to measure. */
let speeds: Speed[] = [];
let complete = false;

/** Offer the models. How fast they are here comes a little later: that is measured. */
export async function chooseModel(server: Server): Promise<void> {
  const found = rows<Model>((await ask(server, ['model', 'list', '--json'])).out);
  const pick = vscode.window.createQuickPick<Entry>();
  pick.title = MODEL.title;
  pick.placeholder = MODEL.larger;
  pick.matchOnDescription = true;
  pick.items = entries(server, found);
  const stop = new vscode.CancellationTokenSource();
  pick.onDidHide(() => {
    stop.cancel();
    pick.dispose();
  });
  const chosen = new Promise<Entry | undefined>((resolve) => {
    pick.onDidAccept(() => {
      resolve(pick.selectedItems[0]);
      pick.hide();
    });
    pick.onDidHide(() => resolve(undefined));
  });
  pick.show();
  if (!complete) void measure(server, pick, found, stop.token);
  await (await chosen)?.act?.();
}

async function measure(
  server: Server,
  pick: vscode.QuickPick<Entry>,
  found: Model[],
  token: vscode.CancellationToken,
): Promise<void> {
  const { program } = server;
  if (program === undefined) return;
  pick.busy = true;
  try {
    const told = async (...args: string[]): Promise<string | undefined> => {
      const { code, out } = await child(program, ['model', ...args, '--json'], token);
      return code === 0 ? out : undefined;
    };
    // The one that is always there takes seconds, the others a minute or more.
    const first = speeds.length === 0 ? await told('bench', 'built-in') : undefined;
    if (first !== undefined) {
      speeds = benched(first);
      pick.items = entries(server, found);
    }
    const all = await told('recommend');
    if (all === undefined) return;
    speeds = rows<Speed>(all);
    complete = true;
    pick.items = entries(server, found);
  } catch {
    // The list was closed before.
  } finally {
    if (!token.isCancellationRequested) pick.busy = false;
  }
}

function entries(server: Server, found: Model[]): Entry[] {
  const separator = (label: string): Entry => ({ label, kind: vscode.QuickPickItemKind.Separator });
  const entry = (model: Model): Entry => {
    const there = model.where !== 'catalogue';
    const icon = model.in_use ? 'check' : there ? 'circle-outline' : 'cloud-download';
    const detail = pace(model.name, speeds);
    return {
      label: `$(${icon}) ${model.name}`,
      description: `${model.detail ?? ''}${model.in_use ? MODEL.inUse : ''}`,
      ...(detail === '' ? {} : { detail }),
      act: () => (there ? use(server, model.name) : get(server, model)),
    };
  };
  const [here, there] = [true, false].map((local) => found.filter(({ where }) => (where !== 'catalogue') === local));
  return [
    separator(MODEL.here),
    ...(here ?? []).map(entry),
    separator(MODEL.there),
    ...(there ?? []).map(entry),
    separator(MODEL.more),
    { label: MODEL.aFile, act: () => useFile(server) },
    { label: MODEL.ofTheHub, act: () => getOther(server) },
    { label: MODEL.howTo, act: () => howTo(server) },
    { label: MODEL.configuration, act: () => openConfig(server) },
  ];
}

/** Whether the user says yes, told which file is written. */
async function agrees(server: Server, question: string, answer: string, more = ''): Promise<boolean> {
  const file = (await ask(server, ['config', 'path'])).out.trim().split('\n')[0] ?? '';
  const detail = `${more}${MODEL.written(file)}`;
  return (await vscode.window.showInformationMessage(question, { modal: true, detail }, answer)) === answer;
}

async function use(server: Server, name: string): Promise<void> {
  if (!(await agrees(server, MODEL.use(name), MODEL.useIt))) return;
  said((await ask(server, ['model', 'use', name])).out, server);
}

async function get(server: Server, model: Pick<Model, 'name' | 'detail' | 'asks'>): Promise<void> {
  const answer = model.asks ? MODEL.agreeAndGet : MODEL.getIt;
  const more = [model.detail, model.asks].filter((text) => text).map((text) => `${text}\n\n`).join('');
  if (!(await agrees(server, MODEL.get(model.name), answer, more))) return;
  await download(server, model.name, Boolean(model.asks));
}

async function download(server: Server, name: string, agreed: boolean): Promise<void> {
  if (server.program === undefined) return;
  const args = ['model', 'get', name, '--use', '--progress', ...(agreed ? ['--yes'] : [])];
  const { code, out, err } = await runWithProgress(server.program, args, ours(MODEL.downloading(name)), share);
  const licence = agreed ? undefined : refused(err);
  if (code !== 0 && licence !== undefined) {
    const answer = MODEL.agree;
    const chosen = await vscode.window.showInformationMessage(MODEL.licence, { modal: true, detail: licence }, answer);
    if (chosen === answer) await download(server, name, true);
    return;
  }
  if (code !== 0) throw new Error(lastLine(err));
  said(out, server);
}

function said(out: string, server: Server): void {
  void vscode.window.showInformationMessage(ours(lastLine(out)));
  void server.refresh();
}

async function useFile(server: Server): Promise<void> {
  const filters = { [MODEL.files]: ['gguf'] };
  const [file] = (await vscode.window.showOpenDialog({ title: MODEL.file, openLabel: SERVER.use, filters })) ?? [];
  if (file !== undefined) await use(server, file.fsPath);
}

async function getOther(server: Server): Promise<void> {
  const name = await vscode.window.showInputBox({
    title: MODEL.hub,
    prompt: MODEL.repository,
    placeHolder: MODEL.example,
  });
  if (name !== undefined && name.trim() !== '') await get(server, { name: name.trim() });
}

async function howTo(server: Server): Promise<void> {
  const page = vscode.Uri.joinPath(server.folder, 'walkthrough', 'model.md');
  await vscode.commands.executeCommand('markdown.showPreview', page).then(undefined, () => vscode.window.showTextDocument(page));
}

/** Open treefill's own file at the section of the model. */
export async function openConfig(server: Server): Promise<void> {
  const file = (await ask(server, ['config', 'path'])).out.trim();
  const uri = vscode.Uri.file(file);
  const there = await vscode.workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );
  if (!there) await ask(server, ['config', 'init']);
  const editor = await vscode.window.showTextDocument(uri);
  const line = editor.document.getText().split(/\r?\n/).findIndex((text) => text.trim() === '[model]');
  if (line >= 0) {
    editor.selection = new vscode.Selection(line, 0, line, 0);
    editor.revealRange(new vscode.Range(line, 0, line + 12, 0), vscode.TextEditorRevealType.AtTop);
  }
}

/** The server says, once, that a better model fits this machine. */
export async function hint(server: Server, sentence: string): Promise<void> {
  const chosen = await vscode.window.showInformationMessage(ours(sentence), MODEL.choose, MODEL.notNow);
  if (chosen === MODEL.choose) await chooseModel(server);
}
