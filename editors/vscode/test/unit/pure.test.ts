// The parts that need no VS Code.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { test } from 'node:test';
import { named, rewriting } from '../../src/choice';
import { isProgram, locate, type Places } from '../../src/locate';
import { Pauses } from '../../src/pauses';
import { collect, serverSettings } from '../../src/settings';
import { view, when, why, type Interrupts, type State } from '../../src/status';

const places = (there: string[], change: Partial<Places> = {}): Places => ({
  setting: '',
  bundled: '/ext/server/treefill',
  searchPath: '/usr/bin:/opt/bin',
  windows: false,
  isProgram: async (file) => there.includes(file),
  ...change,
});

test('the setting comes before the extension, the extension before the PATH', async () => {
  const all = ['/mine/treefill', '/ext/server/treefill', '/usr/bin/treefill', '/opt/bin/treefill'];
  assert.deepEqual(await locate(places(all, { setting: ' /mine/treefill ' })), { path: '/mine/treefill', from: 'setting' });
  assert.deepEqual(await locate(places(all)), { path: '/ext/server/treefill', from: 'extension' });
  assert.deepEqual(await locate(places(all.slice(2))), { path: '/usr/bin/treefill', from: 'PATH' });
  assert.deepEqual(await locate(places(all.slice(3))), { path: '/opt/bin/treefill', from: 'PATH' });
  const home = `${homedir()}/t`;
  assert.deepEqual(await locate(places([home], { setting: '~/t' })), { path: home, from: 'setting' });
});

test('a setting that names nothing is said, and no other program is taken', async () => {
  const found = await locate(places(['/ext/server/treefill'], { setting: '/gone' }));
  assert.equal(found.path, undefined);
  assert.match('why' in found ? found.why : '', /treefill\.server\.path names \/gone/);
});

test('a relative entry of the PATH is not looked at', async () => {
  for (const searchPath of ['', '.', 'bin', ':', './x']) {
    const found = await locate(places(['treefill', './treefill', 'bin/treefill', 'x/treefill'], { searchPath }));
    assert.equal(found.path, undefined, searchPath);
  }
});

test('Windows has other names and separators', async () => {
  const there = places(['C:\\b\\treefill.exe'], { windows: true, searchPath: 'a;C:\\b' });
  assert.deepEqual(await locate(there), { path: 'C:\\b\\treefill.exe', from: 'PATH' });
});

test('a program is a file that may be run', async () => {
  const folder = mkdtempSync(`${tmpdir()}/treefill-unit-`);
  writeFileSync(`${folder}/plain`, '');
  writeFileSync(`${folder}/program`, '');
  chmodSync(`${folder}/plain`, 0o644);
  chmodSync(`${folder}/program`, 0o755);
  mkdirSync(`${folder}/folder`);
  assert.deepEqual(
    await Promise.all(['plain', 'program', 'folder', 'none'].map((name) => isProgram(`${folder}/${name}`))),
    [false, true, false, false],
  );
});

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));

test('the settings of package.json without our own are the server’s', () => {
  const names = serverSettings(manifest);
  assert.ok(names.includes('treefill.completion.max_lines') && names.includes('treefill.disable.paths'));
  assert.ok(!names.some((name) => name.startsWith('treefill.server') || name === 'treefill.languages'));
  assert.ok(!names.some((name) => name.startsWith('treefill.model') || name.startsWith('treefill.engine')));
});

test('no setting of a workspace counts before it is trusted', () => {
  const restricted: string[] = manifest.capabilities.untrustedWorkspaces.restrictedConfigurations;
  for (const name of serverSettings(manifest)) assert.ok(restricted.includes(name), name);
  const inspect = () => ({ globalValue: 1, workspaceValue: 2, workspaceFolderValue: 3 });
  assert.deepEqual(collect(['treefill.a.b'], inspect, false), { a: { b: 1 } });
  assert.deepEqual(collect(['treefill.a.b'], inspect, true), { a: { b: 3 } });
});

test('what nobody has set is not sent, and its section is', () => {
  const set: Record<string, object> = { 'treefill.a.b': { globalValue: false }, 'treefill.c.d': { defaultValue: 7 } };
  assert.deepEqual(collect(['treefill.a.b', 'treefill.c.d', 'treefill.c.e'], (name) => set[name], true), {
    a: { b: false },
    c: {},
  });
});

test('every command of package.json has a handler, and every handler is in package.json', () => {
  const source = readFileSync('src/commands.ts', 'utf8');
  const body = /return \{\n([\s\S]*?)\n {2}\};/.exec(source)?.[1] ?? '';
  const handlers = [...body.matchAll(/^ {4}(\w+)/gm)].map(([, name]) => `treefill.${name}`);
  const declared = manifest.contributes.commands.map(({ command }: { command: string }) => command);
  assert.deepEqual(handlers.sort(), declared.sort());
});

test('pauses: what is paused, what ends it, what a new server is told', () => {
  const pauses = new Pauses();
  assert.deepEqual(pauses.pause('file', 'file:///a', 'python'), { scope: 'file', uri: 'file:///a', enabled: false });
  pauses.pause('language', 'file:///b', 'rust');
  assert.equal(pauses.of('file:///a', 'python'), 'file');
  assert.equal(pauses.of('file:///c', 'rust'), 'language');
  assert.equal(pauses.of('file:///c', 'python'), undefined);
  pauses.pause('all', '', '');
  assert.equal(pauses.of('file:///c', 'python'), 'all');
  assert.deepEqual(pauses.replay().map(({ scope, enabled }) => [scope, enabled]), [
    ['all', false],
    ['language', false],
    ['file', false],
  ]);
  assert.deepEqual(pauses.resume('file:///a', 'python').map(({ scope, enabled }) => [scope, enabled]), [
    ['all', true],
    ['file', true],
  ]);
  assert.equal(pauses.of('file:///c', 'rust'), 'language');
  pauses.pause('file', 'file:///a', 'python');
  pauses.pause('file', 'untitled:1', 'python');
  for (const uri of ['file:///a', 'untitled:1']) pauses.closed(uri);
  assert.equal(pauses.of('file:///a', 'python'), 'file');
  assert.equal(pauses.of('untitled:1', 'python'), undefined);
});

test('the status bar', () => {
  const ready: State = {
    server: 'running',
    engine: { state: 'ready', model: 'small', parameters: 24_300_000, backend: 'AVX2' },
    off: undefined,
    language: 'python',
    served: true,
    thinking: false,
  };
  const rows: [Partial<State>, string, string][] = [
    [{}, '$(check) treefill', 'normal'],
    [{ thinking: true }, '$(loading~spin) treefill', 'normal'],
    [{ engine: { state: 'loading', share: 0.42 } }, '$(loading~spin) treefill: loading 42 %', 'normal'],
    [{ engine: { state: 'restarting' } }, '$(sync~spin) treefill: engine restarting', 'warning'],
    [{ engine: { state: 'failed', message: 'x.gguf: no GGUF' } }, '$(error) treefill: no model', 'error'],
    [{ engine: { state: 'starting' } }, '$(loading~spin) treefill', 'normal'],
    [{ off: 'all' }, '$(debug-pause) treefill: paused', 'normal'],
    [{ off: 'settings' }, '$(debug-pause) treefill: paused', 'normal'],
    [{ off: 'file', engine: { state: 'failed' } }, '$(error) treefill: no model', 'error'],
    [{ served: false, language: 'markdown' }, '$(circle-slash) treefill', 'normal'],
    [{ server: 'missing', why: 'x' }, '$(error) treefill: no server', 'error'],
    [{ server: 'stopped' }, '$(circle-slash) treefill: stopped', 'normal'],
    [{ server: 'starting' }, '$(loading~spin) treefill', 'normal'],
  ];
  for (const [change, text, level] of rows) {
    const shown = view({ ...ready, ...change });
    assert.deepEqual([shown.text, shown.level], [text, level]);
  }
  assert.equal(view(ready).tooltip, 'treefill: ready (small, 24.3 M parameters, AVX2)');
  assert.match(view({ ...ready, engine: { state: 'failed', message: 'x.gguf: no GGUF' } }).tooltip, /x\.gguf: no GGUF/);
  assert.match(view({ ...ready, off: 'language' }).tooltip, /paused in python/);
});

test('a command is about the actions of its name, whatever they travel as', () => {
  const actions = [
    { title: 'a', data: { action: 'docstring' } },
    { title: 'b', command: { title: 'b', command: 'treefill.apply', arguments: [{ action: 'explain' }] } },
    { title: 'c', command: 'treefill.apply', arguments: [{ action: 'docstring' }] },
    { title: 'd', edit: {} },
  ];
  const titles = (name?: Parameters<typeof named>[1]) => named(actions, name).map(({ title }) => title);
  assert.deepEqual(titles('docstring'), ['a', 'c']);
  assert.deepEqual(titles('explain'), ['b']);
  assert.deepEqual(titles('implement'), []);
  assert.deepEqual(titles(), ['a', 'b', 'c', 'd']);
});

test('a selection is rewritten only when something was asked for', () => {
  const range = { start: { line: 1, character: 0 }, end: { line: 2, character: 3 } };
  const document = { uri: 'file:///a.py', version: 4 };
  assert.deepEqual(rewriting(document, range, ' shorter '), { ...document, range, instruction: 'shorter' });
  for (const nothing of [undefined, '', '  ']) assert.equal(rewriting(document, range, nothing), undefined);
});

test('what takes a model that follows instructions is in the palette only where there is one', () => {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
  const hidden = manifest.contributes.menus.commandPalette.map(({ command }: { command: string }) => command);
  assert.deepEqual(hidden, ['treefill.writeDocstring', 'treefill.explain', 'treefill.rewriteSelection']);
  const known = manifest.contributes.commands.map(({ command }: { command: string }) => command);
  for (const command of hidden) assert.ok(known.includes(command), command);
});

test('the status says when suggestions come, and why nothing came', () => {
  const interrupts: Interrupts = {
    trigger: 'automatic', eagerness: 'medium', bar: 0.3, bar_of_eagerness: 0.3, taken: [0, 0], quiet_s: 0,
  };
  assert.equal(when(undefined), '', 'a server of an earlier version');
  assert.equal(when(interrupts), ', eagerness medium (likely by 30 % or more)');
  const moved = { ...interrupts, trigger: 'pause' as const, bar: 0.34, taken: [4, 20] as [number, number] };
  assert.equal(
    when(moved),
    ', in pauses, eagerness medium (likely by 34 % or more, 30 % but for your last reactions: 4 of 20 taken)',
  );
  assert.equal(when({ ...interrupts, trigger: 'manual' }), ', suggestions only when you ask');
  const last = { uri: 'file:///a/b%20c.py', line: 3, column: 7, shown: false, reason: 'nothing came in time', seconds_ago: 2 };
  assert.equal(why(last), 'nothing came in time (b c.py:3:7, 2 s ago)');
  assert.equal(why({ ...last, line: null, column: null }), 'nothing came in time (b c.py, 2 s ago)');
  assert.equal(why(null), 'nothing was asked for yet');
});
