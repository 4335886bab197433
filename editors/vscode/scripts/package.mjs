// Makes a .vsix: node scripts/package.mjs OUT [TREEFILL]
// With a program, it is for the platform that this runs on and carries the program; without, it is for all platforms.
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createVSIX } from '@vscode/vsce';
import { bundled, crates, render } from '../../../scripts/licences.mjs';

const [out, server] = process.argv.slice(2);
if (!out) throw new Error('usage: node scripts/package.mjs OUT [TREEFILL]');
const packagePath = resolve(out);
const program = server && resolve(server);
const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
const { metafile } = await import('./build.mjs');
rmSync('server', { recursive: true, force: true });
if (program) {
  mkdirSync('server');
  const name = process.platform === 'win32' ? 'server/treefill.exe' : 'server/treefill';
  copyFileSync(program, name);
  chmodSync(name, 0o755);
  // Engines for better CPUs (scripts/dist.sh); the program looks for them beside itself.
  const engines = `${dirname(program)}/treefill-engines`;
  if (existsSync(engines)) cpSync(engines, 'server/treefill-engines', { recursive: true });
}
const licences = ['LICENSE-MIT', 'LICENSE-APACHE'];
for (const name of licences) copyFileSync(`../../${name}`, name);
const others = 'THIRD-PARTY.txt';
writeFileSync(others, render([...(program ? crates() : []), ...bundled(metafile, root)]));
mkdirSync(dirname(packagePath), { recursive: true });
try {
  await createVSIX({
    cwd: root,
    packagePath,
    // Bundled by esbuild: nothing of node_modules is in it.
    dependencies: false,
    allowMissingRepository: true,
    skipLicense: true,
    // There is no address to make the pictures of the README absolute with.
    rewriteRelativeLinks: false,
    ...(program ? { target: `${process.platform}-${process.arch}` } : {}),
  });
} finally {
  for (const name of [...licences, others, 'server']) rmSync(name, { recursive: true, force: true });
}
