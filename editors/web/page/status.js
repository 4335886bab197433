// The status line and its buttons. The sentences are the server's.

/** Shorter requests do not change the line, which would flicker. */
const THINKING_MS = 300;

export class StatusLine {
  #line = document.getElementById('status');
  #pause = document.getElementById('pause');
  #why = document.getElementById('why');
  #client;
  #uri = () => undefined;
  #told;
  #asked = 0;
  #running = 0;
  #over = false;

  /** Show what the server tells of the document that `uri` names. */
  follow(client, uri) {
    [this.#client, this.#uri] = [client, uri];
    client.onNotification('treefill/status', () => void this.refresh());
    this.#pause.addEventListener('click', () => void this.#toggle());
    this.#why.addEventListener('click', () => void this.#explain());
    void this.refresh();
  }

  async refresh() {
    if (this.#client === undefined || this.#over) return;
    this.#asked += 1;
    const number = this.#asked;
    const told = await this.#command('treefill.status', { uri: this.#uri() });
    // A newer question is on the way, with another document perhaps.
    if (number !== this.#asked) return;
    this.#told = told;
    this.#show();
  }

  /** Show that the model is thinking, as long as `request` runs and takes its time. */
  async during(request, cancel) {
    let shown = false;
    const timer = setTimeout(() => {
      shown = true;
      this.#count(1);
    }, THINKING_MS);
    try {
      return await request;
    } finally {
      clearTimeout(timer);
      if (shown) this.#count(-1);
      // How long it took is part of what is shown.
      if (!cancel.isCancellationRequested) void this.refresh();
    }
  }

  /** Whether the server has ended. */
  get over() {
    return this.#over;
  }

  ended() {
    this.#over = true;
    this.#pause.hidden = this.#why.hidden = true;
    this.#set('error', 'The server has ended. Reload the page to start it again.');
  }

  #count(change) {
    this.#running += change;
    this.#show();
  }

  #show() {
    if (this.#over || this.#told === undefined) return;
    const { state, thinking, title, paused } = this.#told;
    const now = state.level === 'normal' && this.#running > 0 ? thinking : state;
    this.#set(now.level, [now.sentence, title].filter(Boolean).join(' '));
    this.#pause.hidden = this.#why.hidden = false;
    this.#pause.textContent = paused ? 'Resume' : 'Pause';
  }

  #set(level, text) {
    this.#line.dataset.level = level;
    this.#line.textContent = text;
  }

  async #toggle() {
    await this.#command(this.#told?.paused ? 'treefill.resume' : 'treefill.pause', {});
    await this.refresh();
  }

  /** Until the state changes, or the next request takes its time. */
  async #explain() {
    const { sentence } = await this.#command('treefill.why', { uri: this.#uri() });
    this.#set('normal', sentence);
  }

  #command(command, argument) {
    return this.#client.sendRequest('workspace/executeCommand', { command, arguments: [argument] });
  }
}
