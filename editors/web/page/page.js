// Shows an editor with example files, and connects it to a language server behind a WebSocket.
import '@codingame/monaco-vscode-python-default-extension';
import '@codingame/monaco-vscode-rust-default-extension';
import { IAiEditTelemetryService } from '@codingame/monaco-vscode-api';
import { createModelReference } from '@codingame/monaco-vscode-api/monaco';
import * as monaco from '@codingame/monaco-vscode-editor-api';
import { MonacoVscodeApiWrapper } from 'monaco-languageclient/vscodeApiWrapper';
import { useWorkerFactory, Worker } from 'monaco-languageclient/workerFactory';
import { connect } from './client.js';
import { EXAMPLES } from './examples.js';
import { StatusLine } from './status.js';

const SETTINGS = {
  'editor.inlineSuggest.enabled': true,
  'editor.minimap.enabled': false,
  // Words of the file would open the menu over the grey text.
  'editor.wordBasedSuggestions': 'off',
  'editor.fixedOverflowWidgets': true,
  'files.eol': '\n',
};

const worker = (name) => () => new Worker(new URL(`./${name}.js`, import.meta.url), { type: 'module' });

async function startMonaco() {
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  const theme = dark ? 'Default Dark Modern' : 'Default Light Modern';
  const api = new MonacoVscodeApiWrapper({
    $type: 'extended',
    viewsConfig: { $type: 'EditorService' },
    // Ghost text wants a name from it, and the one that this editor brings throws an error. Nothing is counted here.
    serviceOverrides: { [IAiEditTelemetryService.toString()]: { createSuggestionId: () => undefined, handleCodeAccepted() {} } },
    userConfiguration: { json: JSON.stringify({ ...SETTINGS, 'workbench.colorTheme': theme }) },
    monacoWorkerFactory: (logger) =>
      useWorkerFactory({
        workerLoaders: { editorWorkerService: worker('editor.worker'), TextMateWorker: worker('textmate.worker') },
        logger,
      }),
  });
  await api.start();
}

const ask = (editor) => editor.trigger('page', 'editor.action.inlineSuggest.trigger', {});

/** A tab for each example; the first one is shown. The cursor stands where one would go on, and a suggestion is asked for there. */
async function openExamples(editor, shown) {
  const nav = document.getElementById('files');
  const open = async ({ name, text, place }) => {
    const model = (await createModelReference(monaco.Uri.file(`/treefill/${name}`), text)).object.textEditorModel;
    const button = Object.assign(document.createElement('button'), { type: 'button', textContent: name });
    nav.append(button);
    return { model, button, start: model.getPositionAt(text.indexOf(place) + place.length), view: null };
  };
  const files = await Promise.all(EXAMPLES.map(open));
  let current;
  const show = (file) => {
    if (current !== undefined) current.view = editor.saveViewState();
    const first = file.view === null;
    current = file;
    editor.setModel(file.model);
    if (first) editor.setPosition(file.start);
    else editor.restoreViewState(file.view);
    for (const { button } of files) button.setAttribute('aria-pressed', String(button === file.button));
    editor.focus();
    shown();
    if (first) ask(editor);
  };
  for (const file of files) file.button.addEventListener('click', () => show(file));
  show(files[0]);
}

async function main(status) {
  await startMonaco();
  const editor = monaco.editor.create(document.getElementById('editor'), { automaticLayout: true, model: null });
  // As the extension for VS Code has it; the editor itself has no key for it.
  editor.addCommand(monaco.KeyMod.Alt | monaco.KeyCode.Backslash, () => ask(editor));
  const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? '';
  const client = await connect({ token, status });
  status.follow(client, () => editor.getModel()?.uri.toString());
  await openExamples(editor, () => void status.refresh());
  // For the console of the browser.
  globalThis.treefill = { editor, client, monaco };
}

const status = new StatusLine();
main(status).catch((error) => {
  console.error(error);
  // The end of the server makes whatever waits for it fail, and has been said.
  if (status.over) return;
  const line = document.getElementById('status');
  line.dataset.level = 'error';
  line.textContent = `The page does not work: ${error?.message ?? error}`;
});
