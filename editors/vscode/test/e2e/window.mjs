// A real VS Code in a real browser: code-server with folders of its own, and a page with the hands and eyes of a user.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { chromium } from 'playwright-core';

/** Far above what anything takes here, so that only a hang meets it. */
export const PATIENCE = 30_000;

const SETTINGS = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'files.hotExit': 'off',
  'files.autoSave': 'off',
  'git.enabled': false,
  'editor.minimap.enabled': false,
  // Words of the file would open the menu while the test types, and Enter would take one.
  'editor.wordBasedSuggestions': 'off',
};

/** Wait until `condition` gives something. */
export async function until(what, condition, patience = PATIENCE) {
  for (const end = Date.now() + patience; ; await delay(25)) {
    const found = await condition();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited in vain: ${typeof what === 'function' ? await what() : what}`);
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The browser of the tests. */
export function launch(bin) {
  return chromium.launch({
    executablePath: `${bin}/chromium`,
    // The sandbox wants a user who is not root; the pages are our own.
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

/** Start VS Code with `vsix` installed; `folder` is its own, `env` the whole environment, `trust` asks for workspace trust. */
export async function start({ bin, folder, vsix, env, settings = {}, trust = false }) {
  for (const name of ['extensions', 'home']) mkdirSync(`${folder}/${name}`, { recursive: true });
  const home = `${folder}/home`;
  const environment = {
    ...env,
    HOME: home,
    XDG_CONFIG_HOME: `${home}/.config`,
    XDG_DATA_HOME: `${home}/.local/share`,
    XDG_STATE_HOME: `${home}/.local/state`,
    // No shop to ask for extensions.
    EXTENSIONS_GALLERY: '{"serviceUrl":"","itemUrl":"","resourceUrlTemplate":"","controlUrl":""}',
  };
  // The window is a remote one: settings of machine scope, as treefill has them, count only in a file of their own. Among the
  // user's they are lost as soon as the extension has said of what scope they are: in a slow window, before they are read.
  const ours = Object.entries(settings).filter(([name]) => name.startsWith('treefill.'));
  const others = Object.entries(settings).filter(([name]) => !name.startsWith('treefill.'));
  const user = { ...SETTINGS, 'security.workspace.trust.enabled': trust, ...Object.fromEntries(others) };
  for (const [name, content] of [['User', user], ['Machine', Object.fromEntries(ours)]]) {
    mkdirSync(`${folder}/data/${name}`, { recursive: true });
    writeFileSync(`${folder}/data/${name}/settings.json`, JSON.stringify(content, null, 2));
  }
  const program = `${bin}/code-server`;
  const folders = ['--extensions-dir', `${folder}/extensions`, '--user-data-dir', `${folder}/data`];
  execFileSync(program, [...folders, '--install-extension', vsix], { env: environment, stdio: 'pipe' });
  const port = await freePort();
  const log = openSync(`${folder}/code-server.log`, 'w');
  const options = ['--auth', 'none', '--bind-addr', `127.0.0.1:${port}`, '--disable-telemetry', '--disable-update-check'];
  if (!trust) options.push('--disable-workspace-trust');
  options.push('--disable-getting-started-override', '--disable-proxy');
  // A group of its own: the extension host and the language server are its children's children.
  const server = spawn(program, [...options, ...folders], { env: environment, stdio: ['ignore', log, log], detached: true });
  await until('code-server is up', () => fetch(`http://127.0.0.1:${port}/healthz`).then((answer) => answer.ok, () => false));
  const browser = await launch(bin);
  return {
    async open(workspace, file) {
      const context = await browser.newContext({ viewport: { width: 1100, height: 620 } });
      const page = await context.newPage();
      page.setDefaultTimeout(PATIENCE);
      const payload = JSON.stringify([['openFile', `vscode-remote://127.0.0.1:${port}${workspace}/${file}`]]);
      await page.goto(`http://127.0.0.1:${port}/?folder=${workspace}&payload=${encodeURIComponent(payload)}`);
      await page.waitForSelector('.monaco-editor .view-line');
      return new Window(page, workspace, file);
    },
    async stop() {
      await browser.close();
      try {
        process.kill(-server.pid, 'SIGTERM');
      } catch {
        // It has ended by itself.
      }
    },
  };
}

export class Window {
  constructor(page, workspace, file) {
    Object.assign(this, { page, workspace, file });
  }

  key(name) {
    return this.page.keyboard.press(name);
  }

  /** Type at the speed of a person who types fast. */
  type(text) {
    return this.page.keyboard.type(text, { delay: 60 });
  }

  /** Show another file of the workspace. */
  async show(file) {
    // By the explorer: the quick way by name needs ripgrep, which is not there. A double click keeps the tab.
    await this.page.dblclick(`.explorer-folders-view .monaco-list-row:has-text("${file}")`);
    await this.page.waitForSelector(`.tab.active:has-text("${file}")`);
    await this.page.waitForSelector('.monaco-editor.focused .view-line');
    this.file = file;
  }

  /** Put the cursor after `text`, which stands in the file once. */
  async cursor(text) {
    const whole = await this.onDisk();
    const at = whole.indexOf(text);
    if (at < 0 || whole.indexOf(text, at + 1) >= 0) throw new Error(`not once in ${this.file}: ${text}`);
    const before = whole.slice(0, at + text.length).split('\n');
    const rest = whole.slice(at + text.length).split('\n')[0];
    await this.page.click('.monaco-editor .view-lines');
    await this.key('Control+Home');
    for (let line = 1; line < before.length; line += 1) await this.key('ArrowDown');
    await this.key('End');
    // A character outside the basic plane is one step.
    for (const _ of rest) await this.key('ArrowLeft');
  }

  /** The ghost text on the screen. */
  ghost() {
    return this.page.evaluate(() => {
      const first = [...document.querySelectorAll('.view-lines .ghost-text-decoration')];
      const others = [...document.querySelectorAll('.view-zones .suggest-preview-text .view-line')];
      const lines = [first.map((span) => span.textContent).join(''), ...others.map((line) => line.textContent)];
      return lines.join('\n').replace(/\u00a0/g, ' ');
    });
  }

  /** Wait for ghost text that `fits`. It must stand still: it is drawn in several steps. */
  async someGhost(fits = (text) => text !== '') {
    let last;
    return until(
      async () => `ghost text; last seen: ${JSON.stringify(await this.ghost())}; ${await this.status()}`,
      async () => {
        const text = await this.ghost();
        const still = text === last && fits(text);
        last = text;
        return still ? text : undefined;
      },
    );
  }

  noGhost() {
    return until('no ghost text', async () => (await this.ghost()) === '');
  }

  /** Save, and read the file from the disk. */
  async saved() {
    // Again when a change comes just after it.
    await until('the file is saved', async () => {
      await this.key('Control+S');
      return this.page.waitForSelector('.tab.active:not(.dirty)', { timeout: 2000 }).catch(() => undefined);
    });
    return this.onDisk();
  }

  /** The file once it stands still: VS Code writes it again when it is saved unchanged, and empties it first. */
  onDisk() {
    let last;
    return until('the file on the disk stands still', async () => {
      const text = readFileSync(`${this.workspace}/${this.file}`, 'utf8');
      const still = text !== '' && text === last;
      last = text;
      return still && text;
    });
  }

  /** The text and the tooltip of our entry in the status bar. */
  async status() {
    const item = this.page.locator('[id="treefill.treefill.treefill.status"]');
    return (await item.count()) > 0 ? item.getAttribute('aria-label') : null;
  }

  async untilStatus(pattern) {
    return until(async () => `status ${pattern}, found ${await this.status()}`, async () => pattern.test(await this.status()));
  }

  /** Run a command by its name in the palette. */
  async command(title) {
    // An editor or a page that is just opening takes the focus, which closes the palette: then it is opened again.
    await until(`the palette offers ${title}`, async () => {
      await this.key('F1');
      try {
        await this.page.locator('.quick-input-box input').first().fill(`>${title}`, { timeout: 2000 });
        await this.page.click(`.quick-input-list .monaco-list-row:has-text("${title}")`, { timeout: 2000 });
        return true;
      } catch {
        await this.key('Escape');
        return false;
      }
    });
  }

  /** Choose an entry of the list that is open. */
  async choose(label) {
    const row = `.quick-input-list .monaco-list-row:has-text("${label}")`;
    await this.page.waitForSelector(row);
    await this.page.click(row);
  }
}
