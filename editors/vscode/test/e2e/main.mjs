// Drives a real VS Code: node main.mjs BIN TREEFILL WORK      The exit code tells; every step prints a line.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { alone } from './alone.mjs';
import { BROKEN, MENDED, NEW, SHELF, STUBS, TALLY, TYPED } from './files.mjs';
import { choose, hub, names, walkthrough } from './model.mjs';
import { inNotebook, NOTEBOOK, notebook } from './notebook.mjs';
import { check, messages, newestItems, taken, tapped } from './traffic.mjs';
import { cursorsAndSnippets, SNIPPETS, typing } from './typing.mjs';
import { states } from './states.mjs';
import { start, until } from './window.mjs';

const [bin, server, work] = process.argv.slice(2);
const root = fileURLToPath(new URL('../..', import.meta.url));
const begun = Date.now();
const say = (text) => console.log(`${((Date.now() - begun) / 1000).toFixed(1).padStart(5)} s  ${text}`);
const runtime = `${work}/run`;
const env = { ...process.env, TREEFILL_RUNTIME_DIR: runtime };
for (const name of ['TREEFILL_CONFIG', 'TREEFILL_LOG', 'NODE_OPTIONS']) delete env[name];

function workspace(name, files) {
  mkdirSync(`${work}/${name}`, { recursive: true });
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(`${work}/${name}/${file}`.replace(/\/[^/]*$/, ''), { recursive: true });
    writeFileSync(`${work}/${name}/${file}`, text);
  }
  return `${work}/${name}`;
}

/** A picture for the documentation, when it is asked for. */
async function picture(window, name) {
  if (process.env.TREEFILL_SCREENSHOTS) {
    mkdirSync(`${root}docs`, { recursive: true });
    await window.page.screenshot({ path: `${root}docs/${name}.png` });
  }
}

/** Time to spare: a busy machine must not change what is suggested. */
function configuration(home) {
  mkdirSync(`${home}/.config/treefill`, { recursive: true });
  const text = '[model]\nmax_prefill_ms = 20000\n[completion]\ndeadline_ms = 30000\neagerness = "high"\n';
  writeFileSync(`${home}/.config/treefill/config.toml`, text);
}

async function ghostText(window) {
  const place = '"größe 🧀: " + ';
  await window.cursor(place);
  await window.type('self.');
  const shown = await window.someGhost();
  say(`ghost text: ${JSON.stringify(shown)}`);
  await picture(window, 'ghost-text');
  const [, first, rest] = /^([\p{L}_]{2})(.+)$/su.exec(shown) ?? [];
  assert.ok(first, 'the suggestion can be typed in part');
  await window.type(first);
  await window.someGhost((text) => text === rest);
  say('typing through it keeps the rest');
  await window.key('Tab');
  const expected = SHELF.replace(place, `${place}self.${shown}`);
  await until('the text is taken', async () => (await window.saved()) === expected);
  say('Tab takes it: the file is what stood there, what was typed and the ghost');
  await until('undo brings the file back', async () => {
    await window.key('Control+Z');
    return (await window.saved()) === SHELF;
  });
  say('undo brings the file back');
}

async function wordsAndDismissal(window) {
  const place = '"größe 🧀 {}", ';
  const [before, behind] = [TALLY.slice(0, TALLY.indexOf(place)) + place, TALLY.slice(TALLY.indexOf(place) + place.length)];
  await window.cursor(place);
  // At once: typing on would keep one of the texts found for the first letter, and no others.
  await window.page.keyboard.insertText('sel');
  // By hand: by itself the small model is not sure enough of it.
  await window.key('Alt+Backslash');
  await window.someGhost();
  await window.key('Escape');
  await window.noGhost();
  assert.equal(await window.saved(), `${before}sel${behind}`);
  say('Escape hides it, and the file has only what was typed');
  await window.key('Alt+Backslash');
  const shown = await window.someGhost();
  say(`asked for by hand: ${JSON.stringify(shown)}`);
  // Up to three, if there are others that are likely enough. The log may be a moment behind.
  const texts = () => new Set(newestItems(`${work}/tap`).map((item) => item.insertText));
  await until('several', () => texts().size > 1, 1000).catch(() => {});
  if (texts().size > 1) {
    await window.key('Alt+BracketRight');
    await window.someGhost((text) => text !== '' && text !== shown);
    await window.key('Alt+BracketLeft');
    await window.someGhost((text) => text === shown);
    say(`another and back: ${[...texts()].map((text) => JSON.stringify(text)).join(', ')}`);
  }
  await window.key('Control+ArrowRight');
  const after = await until('a word is taken', async () => {
    const text = await window.saved();
    return text.length > before.length + 'sel'.length + behind.length && text;
  });
  const word = after.slice(before.length + 'sel'.length, after.length - behind.length);
  assert.equal(after, `${before}sel${word}${behind}`);
  assert.ok(word.length < shown.length && shown.startsWith(word), `${JSON.stringify(word)} of ${JSON.stringify(shown)}`);
  await window.someGhost((text) => text === shown.slice(word.length));
  say(`Ctrl+Right takes ${JSON.stringify(word)} and leaves the rest`);
  await window.key('Escape');
}

async function lines(window) {
  let text = await window.saved();
  // The arms of a `match`: whatever the model, one line is not all of them.
  const place = 'self.items.get(name) {\n            ';
  await window.cursor(place);
  await window.key('Alt+Backslash');
  const shown = await window.someGhost((ghost) => ghost.includes('\n'));
  const whole = taken(text, newestItems(`${work}/tap`)[0]);
  const count = shown.split('\n').length;
  // Not Tab for the rest: where a line begins, VS Code indents by it as long as the suggestion begins with more than that.
  for (let line = 1; line <= count; line += 1) {
    await window.someGhost();
    await window.key('Control+Alt+ArrowRight');
    const old = text;
    text = await until('a line is taken', async () => {
      const now = await window.saved();
      return now !== old && now;
    });
    const written = shown.split('\n').slice(0, line).map((each) => each.trim());
    const there = text.slice(text.indexOf(place) + place.length).split('\n').map((each) => each.trim());
    assert.deepEqual(there.slice(0, line), written);
    assert.equal(text === whole, line === count, `after ${line} of ${count} lines`);
  }
  say(`Ctrl+Alt+Right takes line by line: ${JSON.stringify(shown)}`);
  say('then the file is what the server’s edit makes of it');
}

async function repair(window) {
  await window.cursor('"größe 🧀", len(items)');
  await window.key('Control+Period');
  const row = '.action-widget .monaco-list-row.action';
  await window.page.waitForSelector(row);
  await picture(window, 'code-action');
  const titles = await window.page.locator(row).allTextContents();
  say(`quick fixes: ${titles.map((title) => JSON.stringify(title)).join(', ')}`);
  await window.key('Enter');
  await until('the repair is applied', async () => (await window.saved()) === MENDED);
  say('the quick fix mends the file');
  await window.key('Control+Z');
  await until('undo', async () => (await window.saved()) === BROKEN);
  await window.command('treefill: Fix Syntax Error Here…');
  // There is one, and it is sure: nothing is asked.
  await until('the command mends it too', async () => (await window.saved()) === MENDED);
  say('“Fix Syntax Error Here…” does the same');
}

/** Have a body written, by the command or by the menu; nothing else may change. */
async function implement(window, file, choose) {
  const [before, hole, after] = STUBS[file].split(/[«»]/u);
  await window.show(file);
  await window.cursor(`${before.split('\n').at(-1)}${hole}`);
  await choose();
  // The draft of a small model is shown for confirmation, and the file stays as it is.
  const apply = window.page.locator('.bulk-edit-panel .monaco-button:has-text("Apply")');
  await apply.waitFor();
  assert.equal(await window.saved(), before + hole + after);
  await window.page.locator('.bulk-edit-panel input.edit-checkbox').first().check();
  await apply.click();
  await window.show(file);
  const written = await until('the function gets a body', async () => {
    const text = await window.saved();
    return text !== before + hole + after && text;
  });
  assert.ok(written.startsWith(before) && written.endsWith(after), written);
  const body = written.slice(before.length, written.length - after.length);
  assert.match(body, /\S/u);
  await window.key('Control+Z');
  await until('undo', async () => (await window.saved()) === before + hole + after);
  say(`implemented and undone: ${JSON.stringify(body)}`);
}

async function implementBoth(window) {
  await implement(window, 'stub.py', () => window.command('treefill: Implement from Docstring'));
  await implement(window, 'stub.rs', async () => {
    await window.key('Control+Period');
    const row = window.page.locator('.action-widget .monaco-list-row.action:has-text("Draft `is_empty`")');
    await row.waitFor();
    // The first and only one is chosen. Not by a click, which VS Code keeps from the rows for a moment.
    await window.key('Enter');
  });
}

/** Kill the engine between two keys. */
async function engineDies(window) {
  // The engine of the model that was tried before is still there, without a client.
  const pid = () => Number(/process (\d+): ready\n(?: .*\n)*?  clients +[1-9]/u.exec(execFileSync(server, ['engine', 'status'], { env, encoding: 'utf8' }))?.[1]);
  const old = await until('an engine runs', pid);
  await window.cursor('return self.items[0]');
  await window.key('Enter');
  await window.key('Enter');
  await window.type('def last(');
  process.kill(old, 'SIGKILL');
  await window.type('self):');
  await window.key('Enter');
  await window.type('return self.');
  await until('another engine runs', () => pid() && pid() !== old);
  await window.untilStatus(/ready/);
  // What was asked meanwhile was answered with nothing; a key asks again.
  await window.type('it');
  await window.key('Alt+Backslash');
  const shown = await window.someGhost();
  say(`engine ${old} killed while typing; then again: ${JSON.stringify(shown)}`);
  const told = messages(`${work}/tap`).filter(({ message }) => message.method === 'treefill/status');
  assert.ok(told.some(({ message }) => message.params.engine.state === 'restarting'), 'the editor was told');
  await window.key('Escape');
  const text = await window.saved();
  // Enter keeps the indentation.
  assert.ok(text.endsWith('return self.items[0]\n\n        def last(self):\n            return self.it\n'), text);
  say('the file is what was typed');
}

async function pauses(window) {
  await window.command('treefill: Pause in This Language');
  await window.untilStatus(/Suggestions are paused in python until you resume\./);
  await window.command('treefill: Why Nothing Here?');
  await window.page.waitForSelector('.notification-list-item:has-text("Suggestions are paused in python until you resume.")');
  await window.page.click('.monaco-editor .view-lines');
  const before = newestItems(`${work}/tap`).length;
  await window.key('Alt+Backslash');
  await until('it is answered', () => newestItems(`${work}/tap`).length === 0);
  assert.ok(before > 0 && (await window.ghost()) === '');
  await window.show('tally.rs');
  await window.untilStatus(/ready/);
  await window.show('shelf.py');
  await window.untilStatus(/paused in python/);
  await window.page.click('[id="treefill.treefill.treefill.status"]');
  await window.choose('Resume');
  await window.untilStatus(/ready/);
  await window.page.click('.monaco-editor .view-lines');
  await window.key('Control+End');
  await window.key('ArrowUp');
  await window.key('End');
  await window.key('Alt+Backslash');
  await window.someGhost();
  await window.key('Escape');
  say('paused in a language, told by the status bar, and resumed from its menu');
}

async function reports(window) {
  await window.command('treefill: Run Doctor');
  await window.page.waitForSelector('.tab.active:has-text("treefill doctor")');
  await window.page.waitForSelector('.view-line:has-text("model")');
  await window.command('treefill: Show Statistics');
  await window.page.waitForSelector('.tab.active:has-text("treefill statistics")');
  await window.command('treefill: Open Configuration File');
  await window.page.waitForSelector('.tab.active:has-text("config.toml")');
  await window.page.waitForSelector('.view-line:has-text("max_prefill_ms")');
  say('doctor, statistics and the configuration file open');
}

/** Name a model that follows instructions in the configuration file, which is open, and ask it. It is not there, and that is said. */
async function rewrite(window) {
  await window.page.click('.monaco-editor .view-lines');
  await window.key('Control+End');
  await window.page.keyboard.insertText('\n[instruct]\npath = "gone.gguf"\n');
  // Not by its own file, which is in no workspace.
  await until('the file is saved', async () => {
    await window.key('Control+S');
    return window.page.waitForSelector('.tab.active:not(.dirty)', { timeout: 2000 }).catch(() => undefined);
  });
  await window.show('tally.rs');
  await window.command('treefill: Rewrite Selection…');
  await window.page.waitForSelector('.quick-input-title:has-text("treefill: Rewrite Selection")');
  await window.type('shorter');
  await window.key('Enter');
  await window.page.waitForSelector('.notification-list-item:has-text("gone.gguf")');
  const told = messages(`${work}/tap`).map(({ message }) => message);
  const asked = told.find((message) => message.params?.command === 'treefill.rewrite');
  assert.equal(asked.params.arguments[0].instruction, 'shorter');
  assert.ok(told.some((message) => message.params?.message?.includes('nothing was changed (Rewrite: shorter)')));
  say('“Rewrite Selection…” appears with the setting, asks what to do, and says what is wrong with the model');
}

async function main() {
  mkdirSync(runtime, { mode: 0o700 });
  mkdirSync(`${work}/tap`);
  execFileSync('node', ['scripts/package.mjs', `${work}/any.vsix`], { cwd: root, stdio: 'pipe' });
  configuration(`${work}/vscode/home`);
  const stubs = Object.fromEntries(Object.entries(STUBS).map(([file, text]) => [file, text.replace(/[«»]/gu, '')]));
  const folder = workspace('project', { ...stubs, 'shelf.py': SHELF, 'new.py': NEW, 'tally.rs': TALLY, 'broken.py': BROKEN, 'typed.py': '', 'typed.rs': '', [NOTEBOOK]: notebook() });
  // A snippet is opened by its word and Tab.
  mkdirSync(`${work}/vscode/data/User/snippets`, { recursive: true });
  writeFileSync(`${work}/vscode/data/User/snippets/python.json`, JSON.stringify(SNIPPETS));
  const settings = { 'treefill.server.path': tapped(`${work}/tap`, bin, server), 'editor.tabCompletion': 'onlySnippets' };
  const home = `${work}/vscode/home`;
  const source = await hub(home, process.env.XDG_CACHE_HOME ?? `${home}/.cache`);
  env.HF_ENDPOINT = source.address;
  const started = Date.now();
  const code = await start({ bin, folder: `${work}/vscode`, vsix: `${work}/any.vsix`, env, settings });
  let window;
  try {
    window = await code.open(folder, 'shelf.py');
    await window.untilStatus(/ready/);
    say('VS Code runs, and treefill is ready');
    assert.match(await window.status(), /Suggestions are ready\.\s+Built-in model, 15 M parameters, CPU/u);
    const early = Date.now() - started;
    await names(window, say);
    await choose(window, source, home, { start: Date.now() - early, file: 'new.py', say });
    await walkthrough(window, say);
    await window.show('shelf.py');
    await ghostText(window);
    await window.show('tally.rs');
    await wordsAndDismissal(window);
    await lines(window);
    await window.show('broken.py');
    await repair(window);
    await inNotebook(window, `${work}/tap`, say);
    await implementBoth(window);
    await window.show('shelf.py');
    await engineDies(window);
    await pauses(window);
    for (const [file, text] of Object.entries(TYPED)) await typing(window, file, text, say);
    await cursorsAndSnippets(window, 'typed.py', say);
    await reports(window);
    await rewrite(window);
    await window.command('treefill: Stop Server');
    await window.untilStatus(/stopped/);
  } catch (error) {
    await window?.page.screenshot({ path: `${work}/end.png` });
    throw error;
  } finally {
    await code.stop();
    source.stop();
  }
  const { wrong, counts } = await check(`${work}/tap`, bin);
  assert.deepEqual(wrong, [], 'all requests answered, code 0');
  const methods = ['textDocument/inlineCompletion', 'textDocument/didChange', 'textDocument/codeAction', 'notebookDocument/didChange', 'shutdown'];
  for (const method of methods) {
    assert.ok(counts[method] > 0, `${method} was recorded`);
  }
  say(`traffic: ${Object.entries(counts).map(([method, count]) => `${count} ${method}`).join(', ')}`);
}

try {
  await main();
  await states({ bin, server, vsix: `${work}/any.vsix`, env, folder: `${work}/states`, say });
  await alone({ bin, server, root, folder: `${work}/alone`, runtime, say });
  say('VS Code: all well');
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  execFileSync(server, ['engine', 'stop'], { env, stdio: 'pipe' });
}
