// The licences of what others wrote and a release carries: node scripts/licences.mjs OUT.txt
// The crates that are linked into the binary, with what they bundle in C++; package.mjs adds the npm packages of the extension.
// Equal texts are printed once.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const NAMED = /^(licen[cs]e|copying|notice|unlicense)/i;
// Code of others inside a crate, by folder.
const INSIDE = { 'llama-cpp-sys-2': ['llama.cpp', 'llama.cpp/licenses'] };

/** The licence texts in a folder. */
function texts(folder) {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile() && NAMED.test(entry.name));
  return files.map((entry) => readFileSync(join(folder, entry.name), 'utf8').replace(/\r\n/gu, '\n').trim());
}

/** What cargo links into the binary on this platform: {name, licence, from, texts} of each crate. */
export function crates() {
  const cargo = process.env.CARGO ?? 'cargo';
  const host = execFileSync('rustc', ['-vV'], { encoding: 'utf8' }).match(/^host: (.*)$/mu)[1];
  const arguments_ = ['metadata', '--locked', '--format-version', '1', '--filter-platform', host];
  const options = { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 };
  const { packages, resolve } = JSON.parse(execFileSync(cargo, arguments_, options));
  const nodes = new Map(resolve.nodes.map((node) => [node.id, node]));
  const linked = new Set();
  for (const queue = [resolve.root]; queue.length > 0; ) {
    const node = nodes.get(queue.pop());
    if (linked.has(node.id)) continue;
    linked.add(node.id);
    // Neither what only builds nor what only tests.
    queue.push(...node.deps.filter((dep) => dep.dep_kinds.some(({ kind }) => kind === null)).map((dep) => dep.pkg));
  }
  return packages
    .filter((one) => linked.has(one.id) && one.id !== resolve.root)
    .map((one) => {
      const folder = dirname(one.manifest_path);
      const inside = (INSIDE[one.name] ?? []).flatMap((part) => texts(join(folder, part)));
      const found = [...texts(folder), ...inside];
      return { name: `${one.name} ${one.version}`, licence: one.license, from: one.repository, texts: found };
    });
}

/** The npm packages that esbuild put into a bundle. */
export function bundled(metafile, folder) {
  const found = new Set();
  for (const input of Object.keys(metafile.inputs)) {
    const match = input.match(/^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//u);
    if (match) found.add(match[1]);
  }
  return [...found].map((path) => {
    const one = JSON.parse(readFileSync(join(folder, path, 'package.json'), 'utf8'));
    const from = typeof one.repository === 'string' ? one.repository : one.repository?.url;
    return { name: `${one.name} ${one.version}`, licence: one.license, from, texts: texts(join(folder, path)) };
  });
}

/** One text file: who is in it, then every text with the packages it is of. */
export function render(packages) {
  const sorted = [...packages].sort((a, b) => (a.name < b.name ? -1 : 1));
  const owners = new Map();
  for (const one of sorted) for (const text of one.texts) owners.set(text, [...(owners.get(text) ?? []), one.name]);
  const line = '-'.repeat(80);
  return [
    'treefill is made with the work of others. Their packages, licences and licence texts:\n',
    ...sorted.map((one) => `${one.name}: ${one.licence}${one.texts.length > 0 ? '' : `; no text in the package, see ${one.from}`}`),
    ...[...owners].map(([text, names]) => `\n${line}\n${names.join(', ')}\n${line}\n\n${text}`),
    '',
  ].join('\n');
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const out = process.argv[2];
  if (!out) throw new Error('usage: node scripts/licences.mjs OUT.txt');
  writeFileSync(out, render(crates()));
}
