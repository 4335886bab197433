// The .vsix that carries the server, on a machine that has nothing else: an empty PATH, no settings, and a folder that
// nobody trusts and whose own settings would break everything.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { SHELF } from './files.mjs';
import { start, until } from './window.mjs';

export async function alone({ bin, server, root, folder, runtime, say }) {
  const vsix = `${folder}/platform.vsix`;
  const workspace = `${folder}/project`;
  mkdirSync(`${workspace}/.vscode`, { recursive: true });
  execFileSync('node', ['scripts/package.mjs', vsix, server], { cwd: root, stdio: 'pipe' });
  const theirs = { 'treefill.server.path': '/bin/false', 'treefill.completion.enabled': false, 'treefill.languages': [] };
  writeFileSync(`${workspace}/.vscode/settings.json`, JSON.stringify(theirs));
  writeFileSync(`${workspace}/shelf.py`, SHELF);
  const code = await start({
    bin,
    folder,
    vsix,
    // Not even where programs are.
    env: { PATH: '', TREEFILL_RUNTIME_DIR: runtime },
    trust: true,
    settings: { 'security.workspace.trust.startupPrompt': 'never', 'security.workspace.trust.untrustedFiles': 'open' },
  });
  try {
    const window = await code.open(workspace, 'shelf.py');
    await window.page.waitForSelector('.statusbar-item:has-text("Restricted Mode")');
    await window.untilStatus(/ready/);
    const place = '"größe 🧀: " + ';
    await window.cursor(place);
    await window.type('self.');
    const shown = await window.someGhost();
    await window.key('Tab');
    const expected = SHELF.replace(place, `${place}self.${shown}`);
    await until('the text is taken', async () => (await window.saved()) === expected);
    await window.command('treefill: Stop Server');
    await window.untilStatus(/stopped/);
  } finally {
    await code.stop();
  }
  const logs = readdirSync(`${folder}/data/logs`, { recursive: true }).filter((name) => name.endsWith('treefill.log'));
  const text = logs.map((name) => readFileSync(`${folder}/data/logs/${name}`, 'utf8')).join('');
  assert.match(text, /\(from the extension\)/);
  say('the .vsix with the server: ghost text with an empty PATH, and an untrusted folder’s settings do nothing');
}
