// Tells where the cursor rests, so that the server prepares the first suggestion there. Not while the user types: each key asks.
import * as vscode from 'vscode';
import type { Server } from './server';

const REST_MS = 300;

export function attention(server: Server): vscode.Disposable {
  let timer: NodeJS.Timeout | undefined;
  let seen: { document: vscode.TextDocument; version: number } | undefined;
  const rest = (editor: vscode.TextEditor | undefined) => {
    clearTimeout(timer);
    if (editor === undefined) return;
    const { document } = editor;
    const typed = seen?.document === document && seen.version !== document.version;
    seen = { document, version: document.version };
    if (!typed) timer = setTimeout(() => void server.prepare(editor), REST_MS);
  };
  rest(vscode.window.activeTextEditor);
  return vscode.Disposable.from(
    vscode.window.onDidChangeActiveTextEditor(rest),
    vscode.window.onDidChangeTextEditorSelection((event) => rest(event.textEditor)),
    new vscode.Disposable(() => clearTimeout(timer)),
  );
}
