// A notebook of 40 cells: what other cells define is suggested, and what is taken or repaired changes the one cell only.
import assert from 'node:assert/strict';
import { messages, newestItems } from './traffic.mjs';
import { until } from './window.mjs';

export const NOTEBOOK = 'sales.ipynb';

const CELLS = [
  ['markdown', '# größe 🧀\nmonthly prose'],
  ['code', '%matplotlib inline\nimport statistics'],
  ['code', 'größe = "🧀"\nmonthly_revenue = [12.5, 13.0, 9.75]\n!ls -l'],
  ...Array.from({ length: 35 }, (_, number) => ['code', `%time\ntable_${number} = ${number}`]),
  ['code', '%time\n!ls "größe 🧀"\nprint("größe 🧀", len([1, 2])\nfiles?'],
  ['code', 'label = "größe 🧀"\n'],
];
const [BROKEN, LAST] = [CELLS.length - 2, CELLS.length - 1];

/** The notebook as it is on the disk. */
export function notebook() {
  const cells = CELLS.map(([cell_type, text], number) => {
    const source = text.split(/(?<=\n)/u);
    const code = cell_type === 'code' ? { execution_count: null, outputs: [] } : {};
    return { cell_type, id: `cell-${number}`, metadata: {}, source, ...code };
  });
  const metadata = { language_info: { name: 'python' } };
  return JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 5 }, null, 1);
}

/** The texts of the cells once they are saved. */
async function texts(window) {
  const text = await window.saved();
  return JSON.parse(text).cells.map(({ source }) => (Array.isArray(source) ? source.join('') : source));
}

/** The texts with the one of a cell replaced. */
const withCell = (number, text) => CELLS.map(([, old], each) => (each === number ? text : old));

async function open(window) {
  await window.page.dblclick(`.explorer-folders-view .monaco-list-row:has-text("${NOTEBOOK}")`);
  await window.page.waitForSelector(`.tab.active:has-text("${NOTEBOOK}")`);
  await window.page.waitForSelector('.notebookOverlay .cell.code .view-line');
  window.file = NOTEBOOK;
}

/** The cursor into the last cell, or so many cells above it. */
async function editCell(window, above = 0) {
  await window.command('Notebook: Focus Last Cell');
  for (let cell = 0; cell < above; cell += 1) await window.key('ArrowUp');
  await window.key('Enter');
  await window.page.waitForSelector('.notebookOverlay .monaco-editor.focused .view-line');
  await window.key('Control+Home');
}

/** What VS Code told: one notebook with its code cells in order, and no cell of it as a document by itself. */
async function told(tap) {
  const sent = () => messages(tap).filter(({ from }) => from === 'editor').map(({ message }) => message);
  const opened = await until('the notebook is told', () => sent().find(({ method }) => method === 'notebookDocument/didOpen'));
  const { cellTextDocuments } = opened.params;
  const code = CELLS.filter(([kind]) => kind === 'code').map(([, text]) => text);
  assert.deepEqual(cellTextDocuments.map(({ text }) => text), code);
  const alone = sent().filter(({ method, params }) => method === 'textDocument/didOpen' && params.textDocument.uri.includes('.ipynb'));
  assert.deepEqual(alone, []);
}

async function repair(window) {
  await editCell(window, 1);
  for (const _ of '12') await window.key('ArrowDown');
  await window.command('treefill: Fix Syntax Error Here…');
  // Where the search for fixes had no time for others there is one, which is applied without a question.
  const row = window.page.locator('.quick-input-list .monaco-list-row:has-text("len([1, 2])")').first();
  const mended = CELLS[BROKEN][1].replace('len([1, 2])', 'len([1, 2]))');
  await until('the cell is mended', async () => {
    if (await row.count()) await row.click({ timeout: 1000 }).catch(() => {});
    return (await texts(window))[BROKEN] === mended;
  });
  assert.deepEqual(await texts(window), withCell(BROKEN, mended));
  await window.key('Control+Z');
  await until('undo', async () => (await texts(window))[BROKEN] === CELLS[BROKEN][1]);
}

async function suggestion(window, tap) {
  await editCell(window);
  await window.key('Control+End');
  await window.page.keyboard.insertText('print(label, monthly_r');
  await window.key('Alt+Backslash');
  const shown = await window.someGhost((text) => text.startsWith('evenue'));
  const lines = CELLS[LAST][1].split('\n').length;
  for (const { range } of newestItems(tap)) assert.ok(range.start.line === lines - 1 && range.end.line === lines - 1);
  await window.key('Tab');
  const before = `${CELLS[LAST][1]}print(label, monthly_r${shown}`;
  await until('it is taken', async () => (await texts(window))[LAST].startsWith(before));
  // Brackets that VS Code closes by itself may follow.
  const last = (await texts(window))[LAST];
  assert.match(last.slice(before.length), /^\)?$/u);
  assert.deepEqual(await texts(window), withCell(LAST, last));
  return shown;
}

/** A new cell at the end knows what the one above it says now. */
async function newCell(window) {
  await window.key('Escape');
  await window.command('Notebook: Insert Code Cell Below');
  await window.page.waitForSelector('.notebookOverlay .monaco-editor.focused');
  await window.page.keyboard.insertText('quarterly_sum = 3');
  await window.key('Escape');
  await window.command('Notebook: Insert Code Cell Below');
  await window.page.waitForSelector('.notebookOverlay .monaco-editor.focused');
  await window.page.keyboard.insertText('print(quarterly_s');
  await window.key('Alt+Backslash');
  return window.someGhost((text) => text.startsWith('um'));
}

export async function inNotebook(window, tap, say) {
  await open(window);
  await told(tap);
  say(`a notebook of ${CELLS.length} cells is told as one`);
  await repair(window);
  say('a cell is repaired: no magic and no other cell has changed');
  say(`a name of another cell: ${JSON.stringify(await suggestion(window, tap))}; no other cell has changed`);
  say(`a name of a new cell: ${JSON.stringify(await newCell(window))}`);
  await window.key('Escape');
  await window.saved();
}
