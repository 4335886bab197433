// Types for a long time as a person does, while ghost text comes and goes, and compares the file with what VS Code makes of
// the same keys without treefill.
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from './window.mjs';

/** Keys per second; a pause comes every two seconds. */
const KEY_MS = 100;
const KEYS_TO_PAUSE = 20;
const PAUSE_MS = 600;

async function press(window, character) {
  if (character === '\n') await window.key('Enter');
  else await window.page.keyboard.type(character);
}

export async function typing(window, file, text, say) {
  await window.show(file);
  await window.command('treefill: Pause Everywhere');
  await window.untilStatus(/paused everywhere/);
  await window.page.click('.monaco-editor .view-lines');
  for (const character of text) await press(window, character);
  const alone = await window.saved();
  await window.key('Control+A');
  await window.key('Delete');
  await window.command('treefill: Resume');
  await window.untilStatus(/ready/);
  await window.page.click('.monaco-editor .view-lines');

  const begun = Date.now();
  let keys = 0;
  let pauses = 0;
  let seen = 0;
  for (const character of text) {
    // From the beginning, so that slow keys do not add up.
    await delay(Math.max(0, begun + keys * KEY_MS + pauses * PAUSE_MS - Date.now()));
    await press(window, character);
    keys += 1;
    if (keys % KEYS_TO_PAUSE === 0) {
      pauses += 1;
      // Shown within the pause, before the next key is due.
      const end = begun + keys * KEY_MS + pauses * PAUSE_MS - KEY_MS;
      await until('', async () => (await window.ghost()) !== '', end - Date.now()).then(() => (seen += 1), () => {});
    }
  }
  const seconds = (Date.now() - begun) / 1000;
  await window.key('Escape');
  const together = await window.saved();
  assert.equal(together, alone, `${file}: the same keys make another text with ghost text on the screen`);
  assert.ok(seen > 0, `${file}: ghost text at none of ${pauses} pauses`);
  say(`${file}: ${keys} keys in ${seconds.toFixed(0)} s, ghost text at ${seen} of ${pauses} pauses, no wrong character`);
}
