// Where the user wants silence. The server forgets its switches when it ends; here they last as long as the window.

export type Scope = 'all' | 'language' | 'file';
/** What `treefill.toggle` takes, and how it must end. */
export interface Switch {
  scope: Scope;
  uri?: string;
  language?: string;
  enabled: boolean;
}

export class Pauses {
  private all = false;
  private readonly languages = new Set<string>();
  private readonly files = new Set<string>();

  /** Pause in a scope; the switch to turn. */
  pause(scope: Scope, uri: string, language: string): Switch {
    if (scope === 'all') this.all = true;
    if (scope === 'language') this.languages.add(language);
    if (scope === 'file') this.files.add(uri);
    return this.named(scope, uri, language, false);
  }

  /** End everything that keeps this document silent; the switches to turn. */
  resume(uri: string, language: string): Switch[] {
    const out: Switch[] = [];
    if (this.all) out.push(this.named('all', uri, language, true));
    if (this.languages.delete(language)) out.push(this.named('language', uri, language, true));
    if (this.files.delete(uri)) out.push(this.named('file', uri, language, true));
    this.all = false;
    return out;
  }

  /** A document was closed. The name of an unsaved one is used again for another, and the server has forgotten its switch. */
  closed(uri: string): void {
    if (!uri.startsWith('file:')) this.files.delete(uri);
  }

  /** What keeps a document silent: the widest switch. */
  of(uri: string, language: string): Scope | undefined {
    if (this.all) return 'all';
    if (this.languages.has(language)) return 'language';
    return this.files.has(uri) ? 'file' : undefined;
  }

  /** The switches to turn in a server that has just started. */
  replay(): Switch[] {
    return [
      ...(this.all ? [this.named('all', '', '', false)] : []),
      ...[...this.languages].map((language) => this.named('language', '', language, false)),
      ...[...this.files].map((uri) => this.named('file', uri, '', false)),
    ];
  }

  private named(scope: Scope, uri: string, language: string, enabled: boolean): Switch {
    if (scope === 'all') return { scope, enabled };
    if (scope === 'file') return { scope, uri, enabled };
    // By a document where there is one: the server may call the language something else.
    return uri === '' ? { scope, language, enabled } : { scope, uri, enabled };
  }
}
