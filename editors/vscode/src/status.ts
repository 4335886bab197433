// What the status bar says, as a function of what is known: the server's own sentences. It shows nothing itself.
import { ours, STATUS } from './words';

/** The members `state` and `thinking` of `treefill.status`. */
export interface Shown {
  id: string;
  /** For a status line. */
  short: string;
  sentence: string;
  level: 'normal' | 'busy' | 'off' | 'warning' | 'error';
}

export interface State {
  /** The server's process: there is no program, it starts, it runs, it was stopped or gave up. */
  server: 'missing' | 'starting' | 'running' | 'stopped';
  /** Why there is none, when it is missing. */
  why?: string;
  /** What the server shows for the document in the editor; unknown before it has told. */
  shown?: Shown | undefined;
  /** What it shows while a request runs. */
  busy?: Shown | undefined;
  /** Which model it is; unknown before it is read. */
  title?: string | undefined;
  /** What else it tells, a line each; the first is the sentence of `shown`. */
  lines: string[];
  /** What keeps the document in the editor silent. */
  off: 'all' | 'language' | 'file' | 'settings' | undefined;
  /** The language of that document; none without an editor. */
  language: string | undefined;
  /** Whether suggestions are asked for in that language at all. */
  served: boolean;
  /** A request has been running for a moment. */
  thinking: boolean;
}

export interface View {
  text: string;
  tooltip: string;
  /** The first line of the tooltip. */
  sentence: string;
  level: 'normal' | 'warning' | 'error';
}

/** States in which the name alone says enough. Icons are equally wide, so nothing beside the entry moves. */
const PLAIN = ['ready', 'thinking', 'starting'];

export function view(state: State): View {
  const own = (icon: string, sentence: string, short = '', level: View['level'] = 'normal'): View => ({
    text: `$(${icon}) treefill${short === '' ? '' : `: ${short}`}`,
    tooltip: ours(sentence),
    sentence,
    level,
  });
  if (state.server === 'missing') return own('error', STATUS.missing(state.why ?? ''), STATUS.noServer, 'error');
  if (state.server === 'stopped') return own('circle-slash', STATUS.stopped, STATUS.isStopped);
  const { shown } = state;
  if (state.server === 'starting' || shown === undefined) return own('loading~spin', STATUS.starting);
  const works = shown.level === 'normal' || shown.id === 'built_in_instead';
  if (works && !state.served && state.language !== undefined) {
    return own('circle-slash', STATUS.notServed(state.language));
  }
  const now = works && state.thinking && state.busy !== undefined ? state.busy : shown;
  const level = now.level === 'warning' || now.level === 'error' ? now.level : 'normal';
  const first = own(icon(now), now.sentence, PLAIN.includes(now.id) ? '' : now.short, level);
  return { ...first, tooltip: [first.tooltip, ...state.lines.slice(1)].join('\n') };
}

function icon({ id, level }: Shown): string {
  if (id === 'restarting') return 'sync~spin';
  if (id === 'paused') return 'debug-pause';
  if (id === 'remote') return 'remote';
  return { normal: 'check', busy: 'loading~spin', off: 'circle-slash', warning: 'warning', error: 'error' }[level];
}
