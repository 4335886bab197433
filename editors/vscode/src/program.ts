// Runs the server's program for one answer: models, statistics, the doctor, where the configuration file is.
import { execFile, spawn } from 'node:child_process';
import * as vscode from 'vscode';
import { SERVER } from './words';

export interface Ended {
  code: number;
  out: string;
  err: string;
}

/** Run `program` with a notification that can be cancelled; none is shown without a title. */
export async function run(program: string, args: string[], title?: string): Promise<Ended> {
  if (title === undefined) return child(program, args);
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  return vscode.window.withProgress(options, (_, token) => child(program, args, token));
}

/** Run it, and have it ended when the token is cancelled. */
export function child(program: string, args: string[], token?: vscode.CancellationToken): Promise<Ended> {
  return new Promise<Ended>((resolve, reject) => {
    const process = execFile(program, args, { maxBuffer: 1 << 26 }, (error, out, err) => {
      if (token?.isCancellationRequested) reject(new vscode.CancellationError());
      // A code above 0 is an answer too; a program that cannot be started, or was ended by a signal, is not.
      else if (error && typeof error.code !== 'number') reject(error);
      else resolve({ code: (error?.code as number | undefined) ?? 0, out, err });
    });
    token?.onCancellationRequested(() => process.kill());
  });
}

/** Run it with a notification, in which `share` of a line of stderr, in percent, is shown as progress. A cancelled one is interrupted. */
export function runWithProgress(
  program: string,
  args: string[],
  title: string,
  share: (line: string) => number | undefined,
): Promise<Ended> {
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  const work = (progress: vscode.Progress<{ message?: string; increment?: number }>, token: vscode.CancellationToken) =>
    new Promise<Ended>((resolve, reject) => {
      const process = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
      let [out, err, rest, shown] = ['', '', '', 0];
      process.stdout.setEncoding('utf8').on('data', (data: string) => (out += data));
      process.stderr.setEncoding('utf8').on('data', (data: string) => {
        err += data;
        const lines = (rest + data).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) {
          const now = share(line);
          if (now === undefined) continue;
          progress.report({ message: `${now} %`, increment: Math.max(now - shown, 0) });
          shown = Math.max(now, shown);
        }
      });
      token.onCancellationRequested(() => process.kill('SIGINT'));
      process.on('error', reject);
      process.on('close', (code) => {
        if (token.isCancellationRequested) reject(new vscode.CancellationError());
        else resolve({ code: code ?? 1, out, err });
      });
    });
  return Promise.resolve(vscode.window.withProgress(options, work));
}

/** Run it, and fail with what it says when it ends with another code than those. */
export async function ask(
  { program }: { program: string | undefined },
  args: string[],
  title?: string,
  fine: number[] = [0],
): Promise<Ended> {
  if (program === undefined) throw new Error(SERVER.none);
  const ended = await run(program, args, title);
  if (!fine.includes(ended.code)) throw new Error(ended.err.trim() || SERVER.ended(args, ended.code));
  return ended;
}
