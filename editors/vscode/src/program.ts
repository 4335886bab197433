// Runs the server's program for one answer: statistics, the doctor, where the configuration file is.
import { execFile } from 'node:child_process';
import * as vscode from 'vscode';

export interface Ended {
  code: number;
  out: string;
  err: string;
}

/** Run `program` with a notification that can be cancelled; none is shown without a title. */
export async function run(program: string, args: string[], title?: string): Promise<Ended> {
  const child = (token?: vscode.CancellationToken) =>
    new Promise<Ended>((resolve, reject) => {
      const process = execFile(program, args, { maxBuffer: 1 << 26 }, (error, out, err) => {
        // A code above 0 is an answer too; a program that cannot be started, or was ended by a signal, is not.
        if (error && typeof error.code !== 'number') reject(error);
        else resolve({ code: (error?.code as number | undefined) ?? 0, out, err });
      });
      token?.onCancellationRequested(() => process.kill());
    });
  if (title === undefined) return child();
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  return vscode.window.withProgress(options, (_, token) =>
    child(token).catch((error: unknown) => {
      if (token.isCancellationRequested) throw new vscode.CancellationError();
      throw error;
    }),
  );
}
