// What the status bar says, as a function of what is known. It shows nothing itself.

/** The member `engine` of `treefill.status` and `treefill/status`. */
export interface Engine {
  state: 'starting' | 'loading' | 'restarting' | 'ready' | 'failed';
  share?: number;
  message?: string;
  model?: string;
  parameters?: number;
  backend?: string;
}

/** The member `last` of `treefill.status`: what came of the last request. */
export interface Last {
  uri: string;
  /** From 1; null where the whole document is silent. */
  line: number | null;
  column: number | null;
  shown: boolean;
  reason: string | null;
  seconds_ago: number;
}

/** The member `interrupts` of `treefill.status`: when suggestions come by themselves. */
export interface Interrupts {
  trigger: 'automatic' | 'pause' | 'manual';
  eagerness: 'low' | 'medium' | 'high';
  bar: number;
  bar_of_eagerness: number;
  taken: [number, number];
  quiet_s: number;
}

export interface State {
  /** The server's process: there is no program, it starts, it runs, it was stopped or gave up. */
  server: 'missing' | 'starting' | 'running' | 'stopped';
  /** Why there is none, when it is missing. */
  why?: string;
  engine: Engine;
  /** What keeps the document in the editor silent. */
  off: 'all' | 'language' | 'file' | 'settings' | undefined;
  /** The language of that document; none without an editor. */
  language: string | undefined;
  /** Whether suggestions are asked for in that language at all. */
  served: boolean;
  /** When suggestions come; unknown with a server of an earlier version. */
  interrupts?: Interrupts | undefined;
  /** A request has been running for a moment. */
  thinking: boolean;
}

export interface View {
  text: string;
  tooltip: string;
  level: 'normal' | 'warning' | 'error';
}

export function view(state: State): View {
  const plain = (icon: string, tooltip: string, text = 'treefill'): View => ({
    text: `$(${icon}) ${text}`,
    tooltip: `treefill: ${tooltip}`,
    level: 'normal',
  });
  if (state.server === 'missing') {
    return { ...plain('error', `no server: ${state.why ?? ''}`, 'treefill: no server'), level: 'error' };
  }
  if (state.server === 'stopped') return plain('circle-slash', 'the server is stopped', 'treefill: stopped');
  if (state.server === 'starting') return plain('loading~spin', 'starting');
  const { engine } = state;
  if (engine.state === 'failed') {
    return { ...plain('error', engine.message ?? 'no model', 'treefill: no model'), level: 'error' };
  }
  if (state.off !== undefined) return plain('debug-pause', silence(state), 'treefill: paused');
  switch (engine.state) {
    case 'starting':
      return plain('loading~spin', 'starting');
    case 'loading': {
      const percent = `${Math.floor((engine.share ?? 0) * 100)} %`;
      return plain('loading~spin', `reading the model, ${percent}`, `treefill: loading ${percent}`);
    }
    case 'restarting':
      return {
        ...plain('sync~spin', 'the engine has ended and is started again', 'treefill: engine restarting'),
        level: 'warning',
      };
    case 'ready':
      if (!state.served && state.language !== undefined) {
        return plain('circle-slash', `no suggestions in ${state.language} (setting treefill.languages)`);
      }
      // Icons are equally wide, so nothing beside the entry moves.
      return plain(state.thinking ? 'loading~spin' : 'check', `${state.thinking ? 'thinking' : 'ready'}${model(engine)}${when(state.interrupts)}`);
  }
}

/** When suggestions come, as the end of a sentence. */
export function when(interrupts: Interrupts | undefined): string {
  if (interrupts === undefined) return '';
  if (interrupts.trigger === 'manual') return ', suggestions only when you ask';
  const percent = (share: number) => `${(share * 100).toFixed(0)} %`;
  const pause = interrupts.trigger === 'pause' ? ', in pauses' : '';
  const [taken, all] = interrupts.taken;
  const moved =
    interrupts.bar === interrupts.bar_of_eagerness
      ? ''
      : `, ${percent(interrupts.bar_of_eagerness)} but for your last reactions: ${taken} of ${all} taken`;
  return `${pause}, eagerness ${interrupts.eagerness} (likely by ${percent(interrupts.bar)} or more${moved})`;
}

/** Why nothing was shown last time, and where. */
export function why(last: Last | null | undefined): string {
  if (last === undefined || last === null) return 'nothing was asked for yet';
  const name = decodeURIComponent(last.uri.slice(last.uri.lastIndexOf('/') + 1));
  const place = last.line === null ? name : `${name}:${last.line}:${last.column ?? 1}`;
  const came = last.shown ? 'a suggestion was shown' : (last.reason ?? 'nothing');
  return `${came} (${place}, ${last.seconds_ago} s ago)`;
}

function silence(state: State): string {
  switch (state.off) {
    case 'all':
      return 'paused everywhere';
    case 'language':
      return `paused in ${state.language ?? 'this language'}`;
    case 'file':
      return 'paused in this file';
    default:
      return 'switched off here by the settings';
  }
}

function model(engine: Engine): string {
  if (!engine.model) return '';
  const size = engine.parameters ? `, ${count(engine.parameters)} parameters` : '';
  return ` (${engine.model}${size}${engine.backend ? `, ${engine.backend}` : ''})`;
}

function count(parameters: number): string {
  const [divisor, unit] = parameters >= 1e9 ? [1e9, 'B'] : [1e6, 'M'];
  return `${(parameters / divisor).toFixed(parameters >= 1e8 && parameters < 1e9 ? 0 : 1)} ${unit}`;
}
