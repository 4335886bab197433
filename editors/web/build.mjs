// Bundles the page into out/.
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('.', import.meta.url));
const out = `${root}out`;

/** Takes along the files that packages name by `new URL('./file', import.meta.url)`, which esbuild leaves as they are. */
const assets = {
  name: 'assets',
  setup({ onLoad, onResolve }) {
    onLoad({ filter: /@codingame.*\.js$/ }, ({ path }) => {
      const imports = [];
      const contents = readFileSync(path, 'utf8').replace(
        /new URL\((['"`])(\.[^'"`]+)\1, *import\.meta\.url\)/g,
        (_, _quote, file) => `new URL(asset${imports.push(file) - 1}, import.meta.url)`,
      );
      const names = imports.map((file, number) => `import asset${number} from ${JSON.stringify(`asset:${file}`)};\n`);
      return imports.length > 0 ? { contents: names.join('') + contents, resolveDir: dirname(path) } : undefined;
    });
    onResolve({ filter: /^asset:/ }, ({ path, resolveDir }) => ({ path: `${resolveDir}/${path.slice('asset:'.length)}`, namespace: 'asset' }));
    onLoad({ filter: /.*/, namespace: 'asset' }, ({ path }) => ({ contents: readFileSync(path), loader: 'file' }));
  },
};

rmSync(out, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: {
    page: 'page/page.js',
    'editor.worker': '@codingame/monaco-vscode-editor-api/esm/vs/editor/editor.worker.js',
    'textmate.worker': '@codingame/monaco-vscode-textmate-service-override/worker',
  },
  outdir: out,
  bundle: true,
  splitting: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  logLevel: 'warning',
  loader: { '.ttf': 'file', '.svg': 'file', '.png': 'file' },
  plugins: [assets],
});
for (const file of ['index.html', 'style.css']) cpSync(`${root}page/${file}`, `${out}/${file}`);
