// Types for a long time as a person does, while ghost text comes and goes, and compares the file with what VS Code makes of
// the same keys without treefill. Ghost text may not contradict what is typed, and not go and come again.
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from './window.mjs';

const KEY_MS = 100;
/** A pause comes every two seconds. */
const KEYS_TO_PAUSE = 20;
const PAUSE_MS = 600;
/** Far above what the indentation of a new line takes. */
const INDENT_MS = 500;
/** So long after a key the screen is looked at. */
const SETTLE_MS = 50;
/** Ghost text that contradicts what is typed has gone by then, on a busy machine too. */
const STALE_MS = 1000;
/** Keys behind which the editor writes more than the key. */
const PAIRS = '\n()[]{}"\'';

/** A snippet for typed.py, as VS Code keeps those of a user. */
export const SNIPPETS = { loop: { prefix: 'tfloop', body: ['for ${1:item} in ${2:items}:', '    ${3:pass}', '$0'] } };

async function press(window, character) {
  if (character === '\n') await window.key('Enter');
  else await window.page.keyboard.type(character);
}

/** Do the same twice in an empty file, first with treefill paused, and compare the files. `act` is told which time it is. */
async function twice(window, file, act) {
  await window.show(file);
  const texts = [];
  for (const paused of [true, false]) {
    await window.command(paused ? 'treefill: Pause Everywhere' : 'treefill: Resume');
    await window.untilStatus(paused ? /paused everywhere/ : /ready/);
    await window.page.click('.monaco-editor .view-lines');
    await window.key('Control+A');
    await window.key('Delete');
    await act(paused);
    await window.key('Escape');
    texts.push(await window.saved());
  }
  assert.equal(texts[1], texts[0], `${file}: the same keys make another text with ghost text on the screen`);
  return texts[0];
}

/** Ten keys a second with pauses; ghost text must be seen at some of them. */
export async function typing(window, file, text, say) {
  let [keys, pauses, seen, from, kept] = [0, 0, 0, 0, 0];
  let gone = '';
  await twice(window, file, async (paused) => {
    if (!paused) from = Date.now();
    for (const character of text) {
      const before = paused ? '' : await window.ghost();
      assert.ok(before === '' || before !== gone, `${file}: ${JSON.stringify(before)} went and came again`);
      await press(window, character);
      // VS Code indents a new line a moment after the key; only a machine types so fast that this is seen.
      if (character === '\n') {
        await delay(INDENT_MS);
        from += INDENT_MS;
      }
      if (paused) continue;
      keys += 1;
      gone = '';
      if (before !== '' && !PAIRS.includes(character)) {
        await delay(SETTLE_MS);
        const [after, rest] = [await window.ghost(), before.slice(character.length)];
        if (!before.startsWith(character)) {
          if (after === before) await until(`${file}: ghost text goes after ${character}`, async () => (await window.ghost()) !== before, STALE_MS);
        } else if (after === rest) kept += 1;
        else if (after === '') gone = rest;
      }
      if (keys % KEYS_TO_PAUSE === 0) {
        pauses += 1;
        // Shown within the pause, before the next key is due.
        const end = from + keys * KEY_MS + pauses * PAUSE_MS - KEY_MS;
        await until('', async () => (await window.ghost()) !== '', end - Date.now()).then(() => (seen += 1), () => {});
      }
      // From the beginning, so that slow keys do not add up.
      await delay(Math.max(0, from + keys * KEY_MS + pauses * PAUSE_MS - Date.now()));
    }
  });
  assert.ok(seen > 0, `${file}: ghost text at none of ${pauses} pauses`);
  const seconds = ((Date.now() - from) / 1000).toFixed(0);
  say(`${file}: ${keys} keys in ${seconds} s, ghost text at ${seen} of ${pauses} pauses, typed through ${kept} times, no wrong character`);
}

/** Three cursors, and the places of a snippet, with a pause wherever ghost text could come. */
export async function cursorsAndSnippets(window, file, say) {
  const typed = async (text, paused) => {
    for (const character of text) {
      await press(window, character);
      await delay(paused ? 0 : KEY_MS);
    }
    await delay(paused ? 0 : PAUSE_MS);
  };
  const three = await twice(window, file, async (paused) => {
    await typed('größe = "🧀"\na = \nb = \nc = ', true);
    await window.command('Add Cursor Above');
    await window.command('Add Cursor Above');
    await typed('len(', paused);
    await typed('größe', paused);
    await typed(') + [1', paused);
    await typed('][0]', paused);
  });
  const line = 'len(größe) + [1][0]';
  assert.equal(three, `größe = "🧀"\na = ${line}\nb = ${line}\nc = ${line}`);
  const snippet = await twice(window, file, async (paused) => {
    await typed('größe = ["🧀"]\ntfloop', true);
    await window.key('Escape');
    await window.key('Tab');
    await typed('käse', paused);
    await window.key('Tab');
    await typed('größe', paused);
    await window.key('Tab');
    await typed('print(käse)', paused);
    await window.key('Tab');
    await typed('print("🧀")', paused);
  });
  assert.equal(snippet, 'größe = ["🧀"]\nfor käse in größe:\n    print(käse)\nprint("🧀")');
  say('three cursors, and a snippet with three places: the same text as without treefill');
}
