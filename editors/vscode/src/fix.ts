// “Fix Syntax Error Here…”: treefill's own quick fixes at the cursor, without those of other extensions. With the light bulb
// and Ctrl+. they come through the language client as everybody's do.
import * as vscode from 'vscode';
import { CodeActionRequest, CodeActionResolveRequest, type CodeAction, type Command } from 'vscode-languageclient/node';
import type { Server } from './server';

export async function fix(server: Server): Promise<void> {
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
    context: { diagnostics: [], only: ['quickfix'] },
  };
  const options = { location: vscode.ProgressLocation.Notification, title: 'treefill: looking for repairs', cancellable: true };
  const found = await vscode.window.withProgress(options, (_, token) =>
    client.sendRequest(CodeActionRequest.type, params, token),
  );
  if (!found || found.length === 0) {
    void vscode.window.showInformationMessage('treefill: no syntax error that it can mend in this line.');
    return;
  }
  const titles = found.map((action) => ({ label: action.title, action }));
  const chosen = titles.length === 1 ? titles[0] : await vscode.window.showQuickPick(titles, { title: 'Repairs' });
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
