// Bundles the extension into out/extension.js; with --tests also the unit tests into out/test/, which run in plain Node.
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const common = { absWorkingDir: root, bundle: true, platform: 'node', target: 'node20', logLevel: 'warning' };
/** What went into the bundle. */
export const { metafile } = await build({
  ...common,
  metafile: true,
  entryPoints: ['src/extension.ts'],
  outfile: 'out/extension.js',
  external: ['vscode'],
  format: 'cjs',
  minify: true,
});
if (process.argv.includes('--tests')) {
  await build({
    ...common,
    entryPoints: readdirSync(`${root}/test/unit`).map((name) => `test/unit/${name}`),
    outdir: 'out/test',
    outExtension: { '.js': '.mjs' },
    format: 'esm',
  });
}
