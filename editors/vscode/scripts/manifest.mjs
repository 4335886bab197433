// Writes the part of package.json that comes from the server: its settings, and the languages whose parsers it has.
//   node scripts/manifest.mjs TREEFILL           write it
//   node scripts/manifest.mjs TREEFILL --check   exit code 1 when package.json says something else
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';

const [server, check] = process.argv.slice(2);
if (!server) throw new Error('usage: node scripts/manifest.mjs TREEFILL [--check]');
const file = new URL('../package.json', import.meta.url);
// Not the settings and the languages of the person who runs this.
const home = mkdtempSync(`${tmpdir()}/treefill-manifest-`);
const { TREEFILL_CONFIG: _, ...environment } = process.env;
const env = { ...environment, HOME: home, XDG_CONFIG_HOME: home };
const ask = (...args) => execFileSync(server, args, { encoding: 'utf8', env });

const schema = JSON.parse(ask('config', 'schema'));
const languages = ask('languages', '--json').trim().split('\n').flatMap((line) => JSON.parse(line).lsp_ids);
rmSync(home, { recursive: true });

// What the extension itself reads; the server never sees these.
const own = {
  title: 'treefill',
  order: 0,
  properties: {
    'treefill.server.path': {
      type: 'string',
      default: '',
      scope: 'machine',
      markdownDescription:
        'The `treefill` program. When empty: the one inside this extension, else the one in the `PATH`. ' +
        'A workspace cannot set it.',
    },
    'treefill.languages': {
      type: 'array',
      items: { type: 'string' },
      default: languages,
      scope: 'window',
      markdownDescription:
        'Identifiers of the languages with suggestions; `"*"` stands for all. The default are those with a parser ' +
        'that checks every suggestion; in others they are not checked.',
    },
  },
};

// Settings that only the user's own file may set are not here: a settings page that says so and does nothing is a trap.
// VS Code makes a title of the words of such a name: “Max Tokens”. settings.ts has the way back.
const titled = (key) => key.replace(/_([a-z0-9])/gu, (_, letter) => letter.toUpperCase());
const categories = Object.entries(schema.properties).map(([section, { properties }], at) => {
  const settings = Object.entries(properties).filter(([, setting]) => setting['x-scope'] === 'anyone');
  const entries = settings.map(([key, { 'x-scope': _, description, ...type }], order) => [
    `treefill.${section}.${titled(key)}`,
    { ...type, scope: 'window', [description.includes('`') ? 'markdownDescription' : 'description']: description, order },
  ]);
  return { title: section[0].toUpperCase() + section.slice(1), order: at + 1, properties: Object.fromEntries(entries) };
});
const configuration = [own, ...categories.filter(({ properties }) => Object.keys(properties).length > 0)];

const old = readFileSync(file, 'utf8');
const manifest = JSON.parse(old);
manifest.contributes.configuration = configuration;
manifest.capabilities.untrustedWorkspaces.restrictedConfigurations = configuration.flatMap((category) =>
  Object.keys(category.properties),
);
const text = `${JSON.stringify(manifest, null, 2)}\n`;
if (check !== '--check') {
  writeFileSync(file, text);
} else if (text !== old) {
  console.error('package.json is stale: the settings of the server have changed. Run: npm run manifest -- TREEFILL');
  process.exit(1);
}
