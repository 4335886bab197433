// The entry in the status bar: keeps the state, and draws it when it changes.
import * as vscode from 'vscode';
import { view, type State } from './status';

/** A request that is answered sooner is not shown: the entry would flicker with every key. */
const PATIENCE_MS = 150;

export class StatusBar implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem('treefill.status', vscode.StatusBarAlignment.Right, 100);
  private running = 0;
  private timer: NodeJS.Timeout | undefined;
  private state: State = {
    server: 'starting',
    lines: [],
    off: undefined,
    language: undefined,
    served: true,
    thinking: false,
  };

  constructor() {
    this.item.name = 'treefill';
    this.item.command = 'treefill.showMenu';
    this.update({});
    this.item.show();
  }

  get now(): Readonly<State> {
    return this.state;
  }

  /** What the state is, in a sentence. */
  get sentence(): string {
    return view(this.state).sentence;
  }

  update(change: Partial<State>): void {
    this.state = { ...this.state, ...change };
    const { text, tooltip, level } = view(this.state);
    this.item.text = text;
    this.item.tooltip = tooltip;
    this.item.backgroundColor =
      level === 'normal' ? undefined : new vscode.ThemeColor(`statusBarItem.${level}Background`);
  }

  /** Count a request while it runs. */
  async during<T>(request: Promise<T>): Promise<T> {
    this.running += 1;
    this.timer ??= setTimeout(() => this.update({ thinking: true }), PATIENCE_MS);
    try {
      return await request;
    } finally {
      this.running -= 1;
      if (this.running === 0) {
        clearTimeout(this.timer);
        this.timer = undefined;
        if (this.state.thinking) this.update({ thinking: false });
      }
    }
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.item.dispose();
  }
}
