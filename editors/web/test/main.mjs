// Drives the page in a real browser: node main.mjs BIN TREEFILL WORK      The exit code tells; every step prints a line.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { BROKEN, MENDED, SHELF, TALLY, TYPED } from '../../vscode/test/e2e/files.mjs';
import { check, messages, tapped } from '../../vscode/test/e2e/traffic.mjs';
import { typing } from '../../vscode/test/e2e/typing.mjs';
import { launch, until } from '../../vscode/test/e2e/window.mjs';
import { Page, serve } from './page.mjs';

const [bin, server, work] = process.argv.slice(2);
const begun = Date.now();
const say = (text) => console.log(`${((Date.now() - begun) / 1000).toFixed(1).padStart(5)} s  ${text}`);
const folders = Object.fromEntries(['CONFIG', 'STATE', 'CACHE'].map((name) => [`XDG_${name}_HOME`, `${work}/${name.toLowerCase()}`]));
const env = { ...process.env, ...folders, TREEFILL_RUNTIME_DIR: `${work}/run` };
for (const name of ['TREEFILL_CONFIG', 'TREEFILL_LOG', 'NODE_OPTIONS']) delete env[name];

/** Time to spare: a busy machine must not change what is suggested. */
function configuration() {
  mkdirSync(`${work}/config/treefill`, { recursive: true });
  const text = '[model]\nmax_prefill_ms = 20000\n[completion]\ndeadline_ms = 30000\neagerness = "high"\n';
  writeFileSync(`${work}/config/treefill/config.toml`, text);
}

/** What is there before anything is typed. */
async function first(page) {
  await page.untilStatus(/Suggestions are ready\. Built-in model, 15 M parameters, CPU/u);
  const shown = await page.someGhost();
  say(`the page opens with ghost text: ${JSON.stringify(shown)}`);
  if (process.env.TREEFILL_SCREENSHOTS) {
    const docs = fileURLToPath(new URL('../docs', import.meta.url));
    mkdirSync(docs, { recursive: true });
    await page.page.screenshot({ path: `${docs}/page.png` });
  }
  await page.show('tally.rs');
  say(`the Rust file, too: ${JSON.stringify(await page.someGhost())}`);
  await page.show('broken.py');
  await page.page.waitForSelector('.squiggly-error');
  await page.show('shelf.py');
}

async function ghostText(page) {
  const place = '"größe 🧀: " + ';
  await page.put(SHELF);
  await page.cursor(place);
  await page.type('self.');
  const shown = await page.someGhost();
  const [, begin, rest] = /^([\p{L}_]{2})(.+)$/su.exec(shown) ?? [];
  assert.ok(begin, `the suggestion can be typed in part: ${shown}`);
  await page.type(begin);
  await page.someGhost((text) => text === rest);
  await page.key('Tab');
  const expected = SHELF.replace(place, `${place}self.${shown}`);
  await until('the text is taken', async () => (await page.saved()) === expected);
  say(`ghost text ${JSON.stringify(shown)}: typing through it keeps the rest, Tab takes it`);
  const accepted = () => messages(`${work}/tap`).some(({ message }) => message.params?.command === 'treefill.accepted');
  await until('the server is told', accepted);
  await until('the time of a suggestion is told', async () => /\d m?s a suggestion/u.test(await page.status()));
}

async function words(page) {
  const place = '"größe 🧀 {}", ';
  await page.show('tally.rs');
  await page.put(TALLY);
  await page.cursor(place);
  await page.page.keyboard.insertText('sel');
  await page.key('Alt+Backslash');
  const shown = await page.someGhost();
  await page.key('Escape');
  await page.noGhost();
  const at = TALLY.indexOf(place) + place.length;
  const [before, behind] = [`${TALLY.slice(0, at)}sel`, TALLY.slice(at)];
  assert.equal(await page.saved(), before + behind);
  await page.key('Alt+Backslash');
  await page.someGhost((text) => text === shown);
  await page.key('Control+ArrowRight');
  const text = await until('a word is taken', async () => {
    const now = await page.saved();
    return now !== before + behind && now;
  });
  const taken = text.slice(before.length, text.length - behind.length);
  assert.equal(text, before + taken + behind);
  assert.ok(taken.length < shown.length && shown.startsWith(taken), `${taken} of ${shown}`);
  await page.someGhost((ghost) => ghost === shown.slice(taken.length));
  say(`Escape hides ${JSON.stringify(shown)}, Alt+\\ asks again, Ctrl+Right takes ${JSON.stringify(taken)} and leaves the rest`);
}

async function repair(page) {
  await page.show('broken.py');
  await page.put(BROKEN);
  await page.page.waitForSelector('.squiggly-error');
  await page.cursor('"größe 🧀", len(items)');
  await page.key('Control+Period');
  await page.page.waitForSelector('.action-widget .monaco-list-row.action:has-text("insert `)`")');
  await page.key('Enter');
  await until('the bracket is there', async () => (await page.saved()) === MENDED);
  await until('the mark is gone', async () => (await page.page.locator('.squiggly-error').count()) === 0);
  say('Ctrl+. offers the fix of a syntax error and applies it; the mark goes');
}

async function buttons(page) {
  await page.command('treefill: Pause Everywhere');
  await page.untilStatus(/paused everywhere/u);
  await page.page.click('#why');
  await page.untilStatus(/paused everywhere/u);
  await page.command('treefill: Resume');
  await page.untilStatus(/Suggestions are ready\./u);
  await page.page.click('#why');
  await page.untilStatus(/(shelf\.py|tally\.rs|broken\.py):\d+:\d+/u);
  say(`paused and resumed; why: ${JSON.stringify(await page.status())}`);
}

/** The answer to a plain request with these headers: its status. */
function answer(address, path, headers) {
  const { port } = new URL(address);
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, headers, agent: false });
    sent.on('response', (response) => resolve(response.resume().statusCode));
    sent.on('upgrade', (response, socket) => {
      // The program behind it ends at once.
      socket.on('error', () => {}).destroy();
      resolve(response.statusCode);
    });
    sent.on('error', reject).end();
  });
}

/** Who is not the page gets nothing. */
async function strangers(address) {
  const { host, origin, hash } = new URL(address);
  const upgrade = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': 13, 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==' };
  const path = `/server?${hash.slice(1)}`;
  assert.equal(await answer(address, path, { ...upgrade, host, origin }), 101);
  assert.equal(await answer(address, `${path}x`, { ...upgrade, host, origin }), 401);
  assert.equal(await answer(address, '/server', { ...upgrade, host, origin }), 401);
  assert.equal(await answer(address, path, { ...upgrade, host, origin: 'http://example.com' }), 401);
  assert.equal(await answer(address, path, { ...upgrade, host }), 401);
  assert.equal(await answer(address, path, { ...upgrade, host: 'example.com', origin: 'http://example.com' }), 401);
  assert.equal(await answer(address, '/', { host }), 200);
  assert.equal(await answer(address, '/', { host: 'example.com' }), 403);
  assert.equal(await answer(address, '/../serve.mjs', { host }), 403);
  assert.equal(await answer(address, '/%2e%2e/package.json', { host }), 404);
  assert.equal(await answer(address, '/..%2fpackage.json', { host }), 403);
  assert.equal(await answer(address, '//[', { host }), 403);
  say('no connection with another token, from another page, or by another name; no file outside of the page');
}

/** A server that ends is told, and so is a wrong address; and who may connect at all. */
async function ends(browser) {
  const served = await serve('/bin/false', env);
  try {
    await strangers(served.address);
    for (const [address, pattern] of [[served.address, /The server has ended/u], [`${served.address}x`, /refused the connection/u]]) {
      const page = await Page.open(browser, address);
      await page.untilStatus(pattern);
      await page.page.close();
    }
  } finally {
    served.stop();
  }
  say('the page says when its server has ended, and when its address is not the one that was printed');
}

async function drive(browser) {
  const served = await serve(tapped(`${work}/tap`, bin, server), env);
  let page;
  try {
    page = await Page.open(browser, served.address);
    await first(page);
    await ghostText(page);
    await words(page);
    await repair(page);
    await buttons(page);
    await typing(page, 'shelf.py', TYPED['typed.py'], say);
    await typing(page, 'tally.rs', TYPED['typed.rs'], say);
    assert.equal(page.errors.join('\n'), '', 'nothing went wrong in the page');
    await page.page.close();
    const { wrong, counts } = await check(`${work}/tap`, bin);
    assert.deepEqual(wrong, [], 'all requests answered, code 0');
    say(`traffic: ${Object.entries(counts).map(([method, count]) => `${count} ${method}`).join(', ')}`);
  } catch (error) {
    await page?.page.screenshot({ path: `${work}/end.png` });
    throw error;
  } finally {
    served.stop();
  }
}

async function main() {
  mkdirSync(`${work}/run`, { mode: 0o700 });
  mkdirSync(`${work}/tap`);
  configuration();
  const browser = await launch(bin);
  try {
    await drive(browser);
    await ends(browser);
  } finally {
    await browser.close();
  }
}

try {
  await main();
  say('the page in the browser: all well');
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  execFileSync(server, ['engine', 'stop'], { env, stdio: 'pipe' });
}
