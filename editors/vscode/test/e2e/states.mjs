// What a user reads of each state, in a real VS Code with the real program that is put into it: the sentences of editors/states.json.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { start, until } from './window.mjs';

const editors = fileURLToPath(new URL('../../..', import.meta.url));
const SENTENCES = JSON.parse(readFileSync(`${editors}states.json`, 'utf8'));

const literal = (text) => text.replace(/[.*+?^${}()|[\]\\]/gu, '\\$&');

/** A pattern of the sentence of a state. What is in braces there is what `filled` says, or anything. */
function pattern(state, filled = {}) {
  const parts = SENTENCES[state].split(/\{(\w+)\}/u);
  return parts.map((part, at) => (at % 2 === 0 ? literal(part) : (filled[part] && literal(filled[part])) || '[^\\n]+?')).join('');
}

/** The folder that stage.sh prepares, and what puts the program in it into its states. */
class Scene {
  constructor(folder, server, bin, config) {
    Object.assign(this, { folder, config, program: `${folder}/bin/treefill`, run: `${folder}/run` });
    // Its output would be waited for as long as the model server holds it open.
    this.modelServer = Number(execFileSync(`${editors}stage.sh`, [server, `${bin}/nvim`, folder], { encoding: 'utf8' }));
  }

  async listens() {
    await until('the model server listens', () => existsSync(`${this.folder}/address`));
    this.address = readFileSync(`${this.folder}/address`, 'utf8');
  }

  write(path, text) {
    writeFileSync(`${path}.part`, text);
    renameSync(`${path}.part`, path);
  }

  hold() {
    this.write(`${this.folder}/hold`, '');
  }

  release() {
    rmSync(`${this.folder}/hold`, { force: true });
  }

  /** Time to spare, and these settings; suggestions are off in `off.py`. */
  configure({ model = '', remote = '' } = {}) {
    const usual = '[completion]\ndeadline_ms = 30000\neagerness = "high"\n[disable]\npaths = ["off.py"]\n';
    this.write(this.config, `[model]\nmax_prefill_ms = 20000\n${model}${usual}${remote}`);
  }

  writes(answer) {
    this.write(`${this.folder}/answer.json`, JSON.stringify(answer));
  }

  engine(...words) {
    return spawnSync(this.program, ['engine', ...words], { env: { ...process.env, TREEFILL_RUNTIME_DIR: this.run }, encoding: 'utf8' });
  }

  async killEngine() {
    const pid = await until('an engine is ready', () => Number(/process (\d+): ready/u.exec(this.engine('status').stdout)?.[1]));
    process.kill(pid, 'SIGKILL');
  }

  stop() {
    this.release();
    this.engine('stop');
    process.kill(this.modelServer, 'SIGTERM');
  }
}

const NOTICES = '.notification-list-item';

/** Walk through the states, and read what stands in the status bar and what “Why Nothing Here?” says. */
async function walk(window, scene, workspace) {
  const shown = (state, filled) => window.untilStatus(new RegExp(pattern(state, filled), 'u'));
  const why = async (state, filled) => {
    const fits = new RegExp(`treefill: ${pattern(state, filled)}`, 'u');
    await until(`“Why Nothing Here?” says ${fits}`, async () => {
      await window.command('treefill: Why Nothing Here?');
      // What was said before may still be there.
      const said = () => window.page.locator(NOTICES).allTextContents();
      const found = await until('it is said', async () => (await said()).some((text) => fits.test(text)), 1000).catch(() => false);
      await window.command('Notifications: Clear All Notifications');
      return found;
    });
  };
  const both = async (state, filled) => {
    await shown(state, filled);
    await why(state, filled);
  };
  await both('loading');
  scene.release();
  await shown('ready');
  for (const [command, state, filled] of [
    ['Pause in This File', 'paused_in_file', { file: 'shelf.py' }],
    ['Pause in This Language', 'paused_in_language', { language: 'python' }],
    ['Pause Everywhere', 'paused_everywhere'],
  ]) {
    await window.command(`treefill: ${command}`);
    await both(state, filled);
    await window.command('treefill: Resume');
    await shown('ready');
  }
  await window.show('off.py');
  await both('off_by_setting', { setting: 'disable.paths' });
  await window.show('shelf.py');
  await shown('ready');

  scene.hold();
  await scene.killEngine();
  await both('restarting');
  scene.release();
  await shown('ready');

  const gone = `${workspace}/gone.gguf`;
  scene.configure({ model: `path = "${gone}"\n` });
  await shown('built_in_instead', { file: gone });
  scene.configure({ remote: `[remote]\nurl = "http://${scene.address}"\nfirst_byte_ms = 60000\ntotal_ms = 60000\n` });
  await shown('remote', { host: scene.address });

  // Nobody has answered yet.
  scene.writes({ hold: true });
  await window.cursor('x =');
  await window.type(' ');
  // Not by a command: VS Code takes the question back as soon as its list of commands is open.
  await shown('thinking');
  for (const [state, answer] of Object.entries({ nothing_fits: { text: ')))', logprob: -0.01 }, low_chance: { text: 'ute(1)', logprob: -6 } })) {
    scene.writes(answer);
    await window.page.click('.monaco-editor .view-lines');
    await window.key('End');
    await window.key('Backspace');
    await window.type(' ');
    await why(state, { file: 'shelf.py' });
  }
}

export async function states({ bin, server, vsix, env, folder, say }) {
  const workspace = `${folder}/project`;
  mkdirSync(workspace, { recursive: true });
  for (const file of ['shelf.py', 'off.py']) writeFileSync(`${workspace}/${file}`, 'x =\n');
  const config = `${folder}/home/.config/treefill`;
  mkdirSync(config, { recursive: true });
  const scene = new Scene(`${folder}/scene`, server, bin, `${config}/config.toml`);
  let code;
  let window;
  try {
    await scene.listens();
    scene.configure();
    scene.hold();
    const environment = { ...env, TREEFILL_RUNTIME_DIR: scene.run };
    code = await start({ bin, folder, vsix, env: environment, settings: { 'treefill.server.path': scene.program } });
    window = await code.open(workspace, 'shelf.py');
    await walk(window, scene, workspace);
    assert.match(await window.status(), /scripted-coder, 7\.0 B parameters, on 127\.0\.0\.1:/u);
  } catch (error) {
    await window?.page.screenshot({ path: `${folder}/end.png` });
    throw error;
  } finally {
    await code?.stop();
    scene.stop();
  }
  say('each state by its sentence, in the status bar and by “Why Nothing Here?”');
}
