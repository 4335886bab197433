// Finds the server's program: the setting, else the one shipped inside the extension, else the one in the PATH.
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import * as path from 'node:path';
import { homedir } from 'node:os';
import { SERVER } from './words';

export type Found = { path: string; from: 'setting' | 'extension' | 'PATH' };
export type Missing = { path: undefined; why: string };

/** Where to look, all of it given, so that tests can say what is there. */
export interface Places {
  /** The value of `treefill.server.path`; empty when it is not set. */
  setting: string;
  /** Where a .vsix for one platform carries the program. */
  bundled: string;
  /** The variable PATH. */
  searchPath: string;
  windows: boolean;
  isProgram(file: string): Promise<boolean>;
}

export async function locate(places: Places): Promise<Found | Missing> {
  const setting = places.setting.trim();
  if (setting !== '') {
    const file = setting.replace(/^~(?=[/\\]|$)/, homedir());
    if (await places.isProgram(file)) return { path: file, from: 'setting' };
    // Not another one instead: whoever named a program wants that one, or to hear that it is not there.
    return { path: undefined, why: SERVER.noProgram(file) };
  }
  if (await places.isProgram(places.bundled)) return { path: places.bundled, from: 'extension' };
  const name = places.windows ? 'treefill.exe' : 'treefill';
  for (const folder of places.searchPath.split(places.windows ? ';' : ':')) {
    // A relative entry would be looked up in the folder that is open, where anybody may have put a program.
    if (!(places.windows ? path.win32 : path.posix).isAbsolute(folder)) continue;
    const file = (places.windows ? path.win32 : path.posix).join(folder, name);
    if (await places.isProgram(file)) return { path: file, from: 'PATH' };
  }
  return {
    path: undefined,
    why: SERVER.nowhere,
  };
}

export async function isProgram(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
