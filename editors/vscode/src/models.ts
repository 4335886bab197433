// What `treefill model` prints, as entries of a list and as questions. It needs no VS Code.
import { MODEL } from './words';

/** A line of `treefill model list --json`, as much of it as is used. */
export interface Model {
  name: string;
  /** `catalogue`, or where on this machine it is. */
  where: string;
  /** In words: size, memory, licence. */
  detail?: string;
  in_use: boolean;
  /** What one has to agree to before it is downloaded. */
  asks?: string | null;
}

/** A line of `treefill model recommend --json`. */
export interface Speed {
  name: string;
  measured: boolean;
  first_line_s: number;
  fits_memory: boolean;
}

/** The lines of JSON that a program has printed. */
export function rows<T>(out: string): T[] {
  return out.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as T);
}

/** What `treefill model bench --json` says: models that ran here, so that they fit. */
export function benched(out: string): Speed[] {
  return rows<{ name: string; first_line_s: number }>(out).map((row) => ({ ...row, measured: true, fits_memory: true }));
}

/** How long a model takes here, in words; nothing where it is not known. */
export function pace(name: string, speeds: Speed[]): string {
  const bare = (full: string) => full.split(':')[0];
  const speed = speeds.find((it) => it.name === name) ?? speeds.find((it) => bare(it.name) === bare(name));
  if (speed === undefined) return '';
  const how = speed.measured ? MODEL.measured : MODEL.predicted;
  const memory = speed.fits_memory ? '' : MODEL.tooLarge;
  return MODEL.firstLine(speed.first_line_s, how, memory);
}

/** The percentage that a line of `treefill model get --progress` tells. */
export function share(line: string): number | undefined {
  const found = /: (\d+) % of /.exec(line);
  return found === null ? undefined : Number(found[1]);
}

/** The last line that a program printed, which says what came of it. */
export function lastLine(out: string): string {
  return out.trim().split('\n').at(-1) ?? '';
}

/** What a licence is about, when the program refused to go on without an agreement to it. */
export function refused(err: string): string | undefined {
  return err.includes('--yes') ? err.replace(/nobody is there[\s\S]*/u, '').replace(/\s+/gu, ' ').trim() : undefined;
}
