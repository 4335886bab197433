// The parts that need no VS Code.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { test } from 'node:test';
import { named, rewriting } from '../../src/choice';
import { isProgram, locate, type Places } from '../../src/locate';
import { Pauses } from '../../src/pauses';
import { benched, lastLine, pace, refused, rows, share, type Model, type Speed } from '../../src/models';
import { collect, serverName, serverSettings } from '../../src/settings';
import { view, type Shown, type State } from '../../src/status';

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
  assert.ok(names.includes('treefill.completion.maxLines') && names.includes('treefill.disable.paths'));
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

test('the status bar shows what the server says', () => {
  const shown = (id: string, level: Shown['level'], sentence: string, short = id): Shown => ({ id, level, sentence, short });
  const ready: State = {
    server: 'running',
    shown: shown('ready', 'normal', 'Suggestions are ready.'),
    busy: shown('thinking', 'busy', 'The model is thinking.'),
    title: 'Built-in model, 15 M parameters, CPU, 43 ms a suggestion',
    lines: ['Suggestions are ready.', 'Built-in model, 15 M parameters, CPU, 43 ms a suggestion'],
    off: undefined,
    language: 'python',
    served: true,
    thinking: false,
  };
  const rows: [Partial<State>, string, string][] = [
    [{}, '$(check) treefill', 'normal'],
    [{ thinking: true }, '$(loading~spin) treefill', 'normal'],
    [{ shown: shown('loading', 'busy', 'The model is being read: 42 %.', 'loading 42 %') }, '$(loading~spin) treefill: loading 42 %', 'normal'],
    [{ shown: shown('restarting', 'warning', 'x', 'engine restarting') }, '$(sync~spin) treefill: engine restarting', 'warning'],
    [{ shown: shown('no_model', 'error', 'There is no model: x.', 'no model') }, '$(error) treefill: no model', 'error'],
    [{ shown: shown('starting', 'busy', 'The engine is starting.') }, '$(loading~spin) treefill', 'normal'],
    [{ shown: shown('paused', 'off', 'Suggestions are paused everywhere until 15:42.') }, '$(debug-pause) treefill: paused', 'normal'],
    [{ shown: shown('off', 'off', 'Suggestions are off here by the setting disable.paths.') }, '$(circle-slash) treefill: off', 'normal'],
    [{ shown: shown('built_in_instead', 'warning', 'x', 'built-in model') }, '$(warning) treefill: built-in model', 'warning'],
    [{ shown: shown('remote', 'normal', 'x') }, '$(remote) treefill: remote', 'normal'],
    [{ shown: undefined }, '$(loading~spin) treefill', 'normal'],
    [{ served: false, language: 'markdown' }, '$(circle-slash) treefill', 'normal'],
    [{ server: 'missing', why: 'x' }, '$(error) treefill: no server', 'error'],
    [{ server: 'stopped' }, '$(circle-slash) treefill: stopped', 'normal'],
    [{ server: 'starting' }, '$(loading~spin) treefill', 'normal'],
  ];
  for (const [change, text, level] of rows) {
    const seen = view({ ...ready, ...change });
    assert.deepEqual([seen.text, seen.level], [text, level]);
    const words = { ...ready, ...change }.shown?.sentence;
    if (change.shown !== undefined) assert.equal(seen.sentence, words, 'the words of the server');
  }
  assert.equal(view(ready).tooltip, 'treefill: Suggestions are ready.\nBuilt-in model, 15 M parameters, CPU, 43 ms a suggestion');
  assert.equal(view({ ...ready, thinking: true }).sentence, 'The model is thinking.');
  // While nothing can come, no request says that it thinks.
  assert.equal(view({ ...ready, thinking: true, shown: shown('paused', 'off', 'Suggestions are paused.') }).sentence, 'Suggestions are paused.');
});

test('models as the program lists them', () => {
  const out = '{"name":"built-in","where":"built_in","detail":"inside the program, 17 MB","in_use":true}\nnoise\n{"name":"a-1b","where":"catalogue","in_use":false}\n';
  assert.deepEqual(rows<Model>(out).map(({ name, in_use }) => [name, in_use]), [['built-in', true], ['a-1b', false]]);
  const speeds: Speed[] = [
    { name: 'built-in', measured: true, first_line_s: 0.12, fits_memory: true },
    { name: 'a-1b', measured: false, first_line_s: 2.34, fits_memory: false },
  ];
  assert.equal(pace('built-in', speeds), '0.1 s to a first line (measured here)');
  assert.equal(pace('a-1b:Q8_0', speeds), '2.3 s to a first line (predicted for this machine); it needs more memory than there is');
  assert.equal(pace('b', speeds), '');
  const ran = benched('{"name":"built-in","threads":1,"read_per_s":194.0,"first_line_s":1.93,"key_s":0.62}\n');
  assert.equal(pace('built-in', ran), '1.9 s to a first line (measured here)');
  assert.equal(share('tiny.gguf: 37 % of 17 MB'), 37);
  assert.equal(share('going on after 3 MB'), undefined);
  assert.equal(lastLine('Downloaded x.\nIn use: y.\n'), 'In use: y.');
  const asked = 'owner/x comes under Gemma.\n  Read it\nnobody is there to agree to the licence; if you do, add --yes: treefill';
  assert.equal(refused(asked), 'owner/x comes under Gemma. Read it');
  assert.equal(refused('the disk is too full'), undefined);
});

test('VS Code shows the words of a setting, and the server gets its own name', () => {
  assert.equal(serverName('maxTokens'), 'max_tokens');
  assert.equal(serverName('quietAfterDismissalS'), 'quiet_after_dismissal_s');
  assert.equal(serverName('enabled'), 'enabled');
  for (const name of serverSettings(manifest)) assert.doesNotMatch(name, /_/u, 'no title with an underscore');
  const set: Record<string, object> = { 'treefill.a.max_x': { globalValue: 1 }, 'treefill.a.maxY': { globalValue: 2 } };
  const found = collect(['treefill.a.maxX', 'treefill.a.maxY'], (name) => set[name], true);
  assert.deepEqual(found, { a: { max_x: 1, max_y: 2 } }, 'the name of before counts too');
});

test('the walkthrough comes first in the palette, and its steps have commands of ours or of VS Code', () => {
  const hidden = manifest.contributes.menus.commandPalette.map(({ command }: { command: string }) => command);
  const shown = manifest.contributes.commands.filter(({ command }: { command: string }) => !hidden.includes(command));
  const titles: string[] = shown.map(({ title }: { title: string }) => title);
  assert.equal([...titles].sort((a, b) => a.localeCompare(b))[0], 'Begin Here (Walkthrough)');
  const known = manifest.contributes.commands.map(({ command }: { command: string }) => command);
  const steps: { description: string; media: { markdown: string } }[] = manifest.contributes.walkthroughs[0].steps;
  for (const { description, media } of steps) {
    assert.ok(readFileSync(media.markdown, 'utf8').length > 0, media.markdown);
    for (const [, command] of description.matchAll(/\(command:([\w.]+)/gu)) {
      assert.ok(known.includes(command) || command?.startsWith('workbench.'), command);
    }
  }
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
