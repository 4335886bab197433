// The page in a real browser: the hands and eyes of the VS Code test, for a page without its workbench.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { PATIENCE, Window } from '../../vscode/test/e2e/window.mjs';

/** Serve the page with `program` as its language server: the address, and what ends it. */
export async function serve(program, env) {
  const script = fileURLToPath(new URL('../serve.mjs', import.meta.url));
  const process = spawn('node', [script, program], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const [address] = await once(createInterface(process.stdout), 'line');
  return { address, stop: () => process.kill() };
}

/** Commands of the VS Code extension that are buttons here. */
const BUTTONS = { 'treefill: Pause Everywhere': 'Pause', 'treefill: Resume': 'Resume' };

export class Page extends Window {
  /** Open the page; what goes wrong in it is collected in `errors`. */
  static async open(browser, address) {
    const page = await browser.newPage({ viewport: { width: 1100, height: 620 } });
    page.setDefaultTimeout(PATIENCE);
    const opened = new Page(page);
    opened.errors = [];
    // What the editor throws at itself when it stops a question of its own is no error.
    page.on('pageerror', (error) => error.name !== 'Canceled' && opened.errors.push(error.stack));
    page.on('console', (message) => message.type() === 'error' && opened.errors.push(message.text()));
    await page.goto(address);
    return opened;
  }

  async show(file) {
    await this.page.click(`#files button:has-text("${file}")`);
    await this.page.waitForSelector('.monaco-editor.focused .view-line');
    this.file = file;
  }

  /** The text in the editor. */
  saved() {
    return this.page.evaluate(() => globalThis.treefill.editor.getModel().getValue());
  }

  onDisk() {
    return this.saved();
  }

  /** Put a text in the place of all that is there, as if it had been opened so. */
  async put(text) {
    await this.page.evaluate((value) => globalThis.treefill.editor.getModel().setValue(value), text);
    await this.noGhost();
  }

  status() {
    return this.page.textContent('#status');
  }

  async command(title) {
    const button = this.page.locator(`header button:has-text("${BUTTONS[title]}")`);
    // It stands as it is wanted already, or is pressed.
    if ((await button.count()) > 0) await button.click();
  }
}
