// “Fix Syntax Error Here…”, “Implement from Docstring” and “Code Actions Here…”: what treefill itself offers at the cursor, without other extensions. With
// the light bulb and Ctrl+. it comes through the language client as everybody's does.
import * as vscode from 'vscode';
import { CodeActionRequest, CodeActionResolveRequest, type CodeAction, type Command } from 'vscode-languageclient/node';
import type { Server } from './server';

/** What is said about the actions of a kind. */
const KINDS = {
  quickfix: { title: 'Repairs', looking: 'looking for repairs', nothing: 'no syntax error that it can mend in this line' },
  'refactor.rewrite': {
    title: 'Implement',
    looking: 'looking for a function without a body',
    nothing: 'no function here whose body is only a docstring, pass, todo!() or the like',
  },
  all: { title: 'Code actions', looking: 'what can be done here', nothing: 'nothing to offer here' },
};

/** Let the user choose one of the actions, all of them or of one kind, and carry it out. */
export async function act(server: Server, kind?: 'quickfix' | 'refactor.rewrite'): Promise<void> {
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
  const told = KINDS[kind ?? 'all'];
  const location = vscode.ProgressLocation.Notification;
  const options = { location, title: `treefill: ${told.looking}`, cancellable: true };
  const found = await vscode.window.withProgress(options, (_, token) =>
    client.sendRequest(CodeActionRequest.type, params, token),
  );
  if (!found || found.length === 0) {
    void vscode.window.showInformationMessage(`treefill: ${told.nothing}.`);
    return;
  }
  const titles = found.map((action) => ({ label: action.title, action }));
  // One repair needs no question; another action may be more than was meant.
  const chosen = titles.length === 1 && kind ? titles[0] : await vscode.window.showQuickPick(titles, { title: told.title });
  if (chosen === undefined) return;
  let action: CodeAction | Command = chosen.action;
  if (isCommand(action)) {
    await vscode.commands.executeCommand(action.command, ...(action.arguments ?? []));
    return;
  }
  if (action.edit === undefined && action.command === undefined) {
    const promised = action;
    // It takes a model, so it may take seconds: to be seen, and to be stopped.
    const making = { ...options, title: `treefill: ${promised.title}` };
    const made = await vscode.window.withProgress(making, (_, token) =>
      client.sendRequest(CodeActionResolveRequest.type, promised, token).catch((error: unknown) => {
        if (token.isCancellationRequested) return undefined;
        throw error;
      }),
    );
    if (made === undefined) return;
    action = made;
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
