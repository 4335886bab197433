// “Fix Syntax Error Here…”, “Implement from Docstring”, “Rewrite Selection…” and the like: what treefill itself offers at the
// cursor, without other extensions. With the light bulb and Ctrl+. it comes through the language client as everybody's does.
import * as vscode from 'vscode';
import {
  CodeActionRequest,
  CodeActionResolveRequest,
  ExecuteCommandRequest,
  type CodeAction,
  type Command,
} from 'vscode-languageclient/node';
import { named, rewriting, type Name } from './choice';
import type { Server } from './server';
import { ACTION, ACTIONS, ours } from './words';

/** The editor and the server, or what is missing, said. */
function here(server: Server) {
  const editor = vscode.window.activeTextEditor;
  const client = server.running();
  if (editor !== undefined && client !== undefined) return { editor, client };
  void vscode.window.showInformationMessage(
    ours(editor === undefined ? ACTION.noFile : ACTION.noServer),
  );
  return undefined;
}

/** Have the selection, or the function around the cursor, rewritten as the user says. The server applies what came of it. */
export async function rewrite(server: Server): Promise<void> {
  const found = here(server);
  if (found === undefined) return;
  if (server.instructMissing !== undefined) {
    void vscode.window.showInformationMessage(ours(server.instructMissing));
    return;
  }
  const { editor, client } = found;
  const { document, selection } = editor;
  const instruction = await vscode.window.showInputBox({
    title: ACTION.rewrite,
    prompt: selection.isEmpty ? ACTION.toFunction : ACTION.toSelection,
    placeHolder: ACTION.example,
  });
  const convert = client.code2ProtocolConverter;
  const { uri, version } = convert.asVersionedTextDocumentIdentifier(document);
  const argument = rewriting({ uri, version: version ?? document.version }, convert.asRange(selection), instruction);
  if (argument === undefined) return;
  const params = { command: 'treefill.rewrite', arguments: [argument] };
  const location = vscode.ProgressLocation.Notification;
  const options = { location, title: ours(argument.instruction), cancellable: true };
  await vscode.window.withProgress(options, (_, token) =>
    client.sendRequest(ExecuteCommandRequest.type, params, token).catch((error: unknown) => {
      if (!token.isCancellationRequested) throw error;
    }),
  );
}

/** Let the user choose one of the actions, all of them, or fixes, or those of a name, and carry it out. */
export async function act(server: Server, which?: 'quickfix' | Name): Promise<void> {
  const editing = here(server);
  if (editing === undefined) return;
  const { editor, client } = editing;
  const { document, selection } = editor;
  const convert = client.code2ProtocolConverter;
  const name = which === 'quickfix' ? undefined : which;
  const kind = name === undefined ? which : 'refactor.rewrite';
  // The whole line, as the light bulb does: an error is rarely where the cursor is. What is explained is the function.
  const range =
    selection.isEmpty && which !== 'explain' ? document.lineAt(selection.active).range : selection;
  const params = {
    textDocument: convert.asTextDocumentIdentifier(document),
    range: convert.asRange(range),
    context: { diagnostics: [], ...(kind === undefined ? {} : { only: [kind] }) },
  };
  const told = ACTIONS[which ?? 'all'];
  const location = vscode.ProgressLocation.Notification;
  const options = { location, title: ours(told.looking), cancellable: true };
  const offered = await vscode.window.withProgress(options, (_, token) =>
    client.sendRequest(CodeActionRequest.type, params, token),
  );
  const found = named(offered ?? [], name);
  if (found.length === 0) {
    // The same as a rewrite says.
    const missing = name === 'docstring' || name === 'explain' ? server.instructMissing : undefined;
    void vscode.window.showInformationMessage(ours(missing ?? `${told.nothing}.`));
    return;
  }
  const titles = found.map((action) => ({ label: action.title, action }));
  // One fix needs no question; another action may be more than was meant.
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
    const making = { ...options, title: ours(promised.title) };
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
    // Where VS Code asks first, a “no” is no error.
    const asks = action.edit.changeAnnotations !== undefined;
    if (!(await vscode.workspace.applyEdit(edit)) && !asks) throw new Error(ACTION.changed);
  }
  if (action.command !== undefined) {
    await vscode.commands.executeCommand(action.command.command, ...(action.command.arguments ?? []));
  }
}

function isCommand(action: CodeAction | Command): action is Command {
  return typeof action.command === 'string';
}
