// “Fix Syntax Error Here…” and “Code Actions Here…”: what treefill itself offers at the cursor, without other extensions. With
// the light bulb and Ctrl+. it comes through the language client as everybody's does.
import * as vscode from 'vscode';
import { CodeActionRequest, CodeActionResolveRequest, type CodeAction, type Command } from 'vscode-languageclient/node';
import type { Server } from './server';

/** Let the user choose one of the actions, all of them or of one kind, and carry it out. */
export async function act(server: Server, kind?: 'quickfix'): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  const client = server.running();
  if (editor === undefined || client === undefined) {
    void vscode.window.showInformationMessage(
      editor === undefined ? 'treefill: no file is open.' : 'treefill: the server does not run.',
    );
    return;
  }
  const { document, selection } = editor;
  const convert = client.code2ProtocolConverter;
  // The whole line, as the light bulb does: an error is rarely where the cursor is.
  const range = selection.isEmpty ? document.lineAt(selection.active).range : selection;
  const params = {
    textDocument: convert.asTextDocumentIdentifier(document),
    range: convert.asRange(range),
    context: { diagnostics: [], ...(kind === undefined ? {} : { only: [kind] }) },
  };
  const options = { location: vscode.ProgressLocation.Notification, title: `treefill: ${kind === undefined ? 'what can be done here' : 'looking for repairs'}`, cancellable: true };
  const found = await vscode.window.withProgress(options, (_, token) =>
    client.sendRequest(CodeActionRequest.type, params, token),
  );
  if (!found || found.length === 0) {
    const what = kind === undefined ? 'nothing to offer here' : 'no syntax error that it can mend in this line';
    void vscode.window.showInformationMessage(`treefill: ${what}.`);
    return;
  }
  const titles = found.map((action) => ({ label: action.title, action }));
  const title = kind === undefined ? 'Code actions' : 'Repairs';
  // One repair needs no question; another action may be more than was meant.
  const chosen = titles.length === 1 && kind ? titles[0] : await vscode.window.showQuickPick(titles, { title });
  if (chosen === undefined) return;
  let action: CodeAction | Command = chosen.action;
  if (isCommand(action)) {
    await vscode.commands.executeCommand(action.command, ...(action.arguments ?? []));
    return;
  }
  if (action.edit === undefined && action.command === undefined) {
    action = await client.sendRequest(CodeActionResolveRequest.type, action);
  }
  if (action.edit !== undefined) {
    const edit = await client.protocol2CodeConverter.asWorkspaceEdit(action.edit);
    if (!(await vscode.workspace.applyEdit(edit))) throw new Error('the file has changed meanwhile; try again');
  }
  if (action.command !== undefined) {
    await vscode.commands.executeCommand(action.command.command, ...(action.command.arguments ?? []));
  }
}

function isCommand(action: CodeAction | Command): action is Command {
  return typeof action.command === 'string';
}
