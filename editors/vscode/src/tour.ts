// What the walkthrough lets one try: files that are not kept, in which something can be done at once, without other extensions.
import * as vscode from 'vscode';
import { EXERCISE } from './words';

const TYPING = `${EXERCISE.typing}


class Shelf:
    def __init__(self, name, items):
        self.name = name
        self.items = items

    def size(self):
        return len(self.items)

    def first(self):
        return self.`;

const BROKEN = `${EXERCISE.broken}


def total(prices):
    return round(sum(prices)


print(total([1.5, 2.25]))
`;

/** Marks the error of the exercise as other extensions mark errors, until it is fixed. */
const marks = vscode.languages.createDiagnosticCollection('treefill-tour');

async function open(content: string): Promise<vscode.TextEditor> {
  return vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ language: 'python', content }));
}

/** A class, and the cursor where the rest of a line is missing. */
export async function tryTyping(): Promise<void> {
  const editor = await open(TYPING);
  const end = editor.document.positionAt(TYPING.length);
  editor.selection = new vscode.Selection(end, end);
  // Who has just opened the file has typed nothing: this asks.
  await vscode.commands.executeCommand('editor.action.inlineSuggest.trigger');
}

/** A line with an error that is marked, and the cursor in it. */
export async function tryFix(): Promise<void> {
  const { document } = await open(BROKEN);
  const row = BROKEN.split('\n').findIndex((line) => line.includes('round('));
  const { range } = document.lineAt(row);
  const mark = new vscode.Diagnostic(range, EXERCISE.error, vscode.DiagnosticSeverity.Error);
  mark.source = EXERCISE.source;
  marks.set(document.uri, [mark]);
  const watch = vscode.workspace.onDidChangeTextDocument((event) => {
    if (event.document !== document || !/sum\(prices\)\)/u.test(document.getText())) return;
    marks.delete(document.uri);
    watch.dispose();
  });
  const editor = vscode.window.activeTextEditor;
  if (editor?.document === document) editor.selection = new vscode.Selection(range.end, range.end);
}
