// What went over the wire: a server's program that writes it down, and questions about it.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { until } from './window.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

/** A program that is `server`, and records what goes through it into a file of its own in `folder` each time it serves. */
export function tapped(folder, bin, server) {
  const program = `${folder}/treefill`;
  const tap = `exec "${bin}/nvim" -l "${here}../../../tap.lua" "${folder}/traffic-$$.jsonl" "${server}" "$@"`;
  writeFileSync(program, `#!/bin/sh\ncase $1 in\nserve) ${tap} ;;\n*) exec "${server}" "$@" ;;\nesac\n`);
  chmodSync(program, 0o755);
  return program;
}

export const logs = (folder) =>
  readdirSync(folder).filter((name) => name.startsWith('traffic-')).map((name) => `${folder}/${name}`);

/** All messages so far; the last line may still be being written. */
export function messages(folder) {
  return logs(folder).flatMap((log) => {
    const lines = readFileSync(log, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line)).filter((entry) => entry.message);
  });
}

/** The newest suggestions that were answered: their items. */
export function newestItems(folder) {
  const asked = new Set();
  let items;
  for (const { from, message } of messages(folder)) {
    if (from === 'editor' && message.method === 'textDocument/inlineCompletion') asked.add(message.id);
    if (from === 'server' && message.method === undefined && asked.has(message.id) && message.result) items = message.result.items;
  }
  return items ?? [];
}

/** `text` after a suggestion was taken; positions count UTF-16 units, as strings do here. */
export function taken(text, { range, insertText }) {
  const lines = text.split('\n');
  const at = ({ line, character }) => lines.slice(0, line).reduce((sum, each) => sum + each.length + 1, 0) + character;
  return text.slice(0, at(range.start)) + insertText + text.slice(at(range.end));
}

/** Check every log: all requests answered, and the server ended well. What is wrong, and how often each method came. */
export async function check(folder, bin) {
  const read = () => {
    const out = execFileSync(`${bin}/nvim`, ['-l', `${here}traffic.lua`, ...logs(folder)], { encoding: 'utf8' });
    return out.trim().split('\n').map((line) => JSON.parse(line));
  };
  let found = [];
  // A server may outlive its editor by a moment.
  await until('the servers have ended', () => {
    found = existsSync(folder) ? read() : [];
    return found.length > 0 && !found.some(({ wrong }) => wrong.some((text) => text === 'the server did not end'));
  }, 5000).catch(() => {});
  const counts = {};
  for (const log of found) {
    for (const [method, count] of Object.entries(log.counts)) counts[method] = (counts[method] ?? 0) + count;
  }
  return { wrong: found.flatMap(({ wrong }) => wrong), counts, servers: found.length };
}
