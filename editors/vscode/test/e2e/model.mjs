// A newcomer's way to another model: from the page of the extension to the model in use, with a hub on loopback as the source.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { until } from './window.mjs';

/** No more than that, says who judges. */
const SECONDS = 90;

/** A hub with the model of the program under another name, and a catalogue that knows it; its address, and what ends it. */
export async function hub(home, cache) {
  let content;
  const server = createServer((request, response) => {
    if (!request.url?.includes('/resolve/') || content === undefined) {
      response.writeHead(404).end();
      return;
    }
    const from = Number(/bytes=(\d+)-/u.exec(request.headers.range ?? '')?.[1] ?? 0);
    const part = content.subarray(from);
    const range = from > 0 ? { 'Content-Range': `bytes ${from}-${content.length - 1}/${content.length}` } : {};
    response.writeHead(from > 0 ? 206 : 200, { 'Content-Length': part.length, ...range });
    response.end(request.method === 'HEAD' ? undefined : part);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    address: `http://127.0.0.1:${server.address().port}`,
    /** Once the program has unpacked its model. */
    fill() {
      const folder = `${cache}/treefill/models`;
      content = readFileSync(`${folder}/${readdirSync(folder).find((name) => name.endsWith('.gguf'))}`);
      const sha256 = createHash('sha256').update(content).digest('hex');
      mkdirSync(`${home}/.config/treefill`, { recursive: true });
      writeFileSync(
        `${home}/.config/treefill/catalogue.toml`,
        `[[model]]\nname = "tiny"\ntitle = "Tiny"\nfamily = "starcoder"\nparameters = 15300000\nlicence = "gemma"\ncontext = 1024\n` +
          `languages = "Python, Rust"\nmemory_mb = 40\nspeed = "small"\n[[model.quant]]\nname = "Q8_0"\nrepository = "test/tiny"\n` +
          `revision = "main"\nfile = "tiny.gguf"\nbytes = ${content.length}\nexact = true\nsha256 = "${sha256}"\n`,
      );
    },
    stop: () => server.close(),
  };
}

const ROW = '.quick-input-list .monaco-list-row';
const DIALOG = '.monaco-dialog-box';

/** `start` is when VS Code was started, without what was done in it since it was ready, and `file` has a method that ends with `return `. */
export async function choose(window, source, home, { start, file, say }) {
  source.fill();
  const config = () => readFileSync(`${home}/.config/treefill/config.toml`, 'utf8');
  const begun = Date.now();
  await window.command('treefill: Choose Model…');
  await window.page.waitForSelector(`${ROW}:has-text("built-in"):has-text("in use")`);
  await window.page.waitForSelector(`${ROW}:has-text("measured here")`);
  // Of the list only what is to be seen is on the page.
  await window.type('tiny');
  const entry = await window.page.waitForSelector(`${ROW}:has-text("tiny"):has-text("needs 40 MB of memory")`);
  await entry.click();
  const told = await window.page.waitForSelector(DIALOG).then((dialog) => dialog.textContent());
  assert.match(told, /Commercial use is allowed/u, 'what the licence is about');
  assert.match(told, /config\.toml/u, 'which file is written');
  assert.doesNotMatch(config(), /tiny\.gguf/u, 'nothing happens before the answer');
  await window.page.click(`${DIALOG} .monaco-button:has-text("I Agree, Download It")`);
  await window.page.waitForSelector('.notification-list-item:has-text("In use: ")');
  assert.match(config(), /tiny\.gguf/u);
  await window.untilStatus(/ready/u);
  await until('another model is in use', async () => !(await window.status()).includes('Built-in model'));
  const seconds = (Date.now() - begun) / 1000;
  assert.ok(seconds < SECONDS, `${seconds} s`);
  say(`from “Choose Model…” to another model in use: ${seconds.toFixed(1)} s, no file edited by hand`);
  await window.show(file);
  await window.cursor('return ');
  await window.type('self.');
  // By itself only where the model is sure enough.
  await until('ghost text by the other model', async () => {
    await window.key('Alt+Backslash');
    return until('it', async () => (await window.ghost()) !== '', 2000).catch(() => false);
  });
  say(`newcomer: VS Code, ${((Date.now() - start) / 1000).toFixed(1)} s from its start to ghost text by another model`);
  await window.command('treefill: Choose Model…');
  const builtIn = await window.page.waitForSelector(`${ROW}:has-text("built-in")`);
  await builtIn.click();
  await window.page.click(`${DIALOG} .monaco-button:has-text("Use It")`);
  await until('back to the built-in model', async () => (await window.status()).includes('Built-in model, 15 M parameters, CPU'));
  assert.doesNotMatch(config(), /tiny\.gguf/u);
  // As it was before, also for the pictures.
  await window.command('View: Revert and Close Editor');
  await window.command('Notifications: Clear All Notifications');
  say('and back to the built-in one');
}

/** What a newcomer sees first of the commands, and how the settings are called. */
export async function names(window, say) {
  await until('the palette has the commands', async () => {
    await window.key('F1');
    const filled = window.page.locator('.quick-input-box input').first().fill('>treefill: ', { timeout: 2000 });
    if (await filled.then(() => true, () => false)) return true;
    await window.key('Escape');
    return false;
  });
  await window.page.waitForSelector(`${ROW}:has-text("treefill: Choose Model")`);
  const titles = await window.page.locator(`${ROW} .label-name`).allTextContents();
  assert.match(titles[0] ?? '', /treefill: Begin Here \(Walkthrough\)/u, titles.join(', '));
  assert.ok(!titles.some((title) => /Exercise|Accept Next Line/u.test(title)), 'what is for the walkthrough and for keys alone');
  await window.key('Escape');
  await window.command('Preferences: Open Settings (UI)');
  await window.page.waitForSelector('.settings-editor .suggest-input-container .view-line');
  await window.page.click('.settings-editor .suggest-input-container');
  await window.page.keyboard.insertText('@ext:treefill.treefill max');
  for (const title of ['Max Tokens', 'Max Lines']) await window.page.waitForSelector(`.settings-editor .setting-item-label:has-text("${title}")`);
  const text = await window.page.locator('.settings-editor .setting-item-contents').allTextContents();
  assert.ok(!text.some((setting) => /max_|delay_ms/u.test(setting)), text.join('\n'));
  await window.command('View: Close Editor');
  say('the walkthrough is the first of the commands, and settings have titles in words');
}

/** The steps of the walkthrough that let one try something, without any other extension. */
export async function walkthrough(window, say) {
  const step = async (title) => {
    await window.command('treefill: Begin Here (Walkthrough)');
    await window.page.click(`.getting-started-step:has-text("${title}")`);
    await window.page.click('.getting-started-step.expanded .monaco-button:has-text("Try It in a New File")');
    await window.page.waitForSelector('.tab.active:has-text("Untitled")');
  };
  await step('Take a suggestion');
  const shown = await window.someGhost();
  await window.key('Tab');
  await window.noGhost();
  say(`walkthrough, the first step: ${JSON.stringify(shown)} is taken`);
  await step('Fix a syntax error');
  await window.page.waitForSelector('.squiggly-error');
  await window.key('Control+Period');
  await window.page.waitForSelector('.action-widget .monaco-list-row.action:has-text("insert `)`")');
  await window.key('Enter');
  await window.page.waitForSelector('.squiggly-error', { state: 'detached' });
  say('walkthrough, the second step: the error is marked, and fixed');
}
