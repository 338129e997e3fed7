/** Names of remote runs, and where they lie. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, isAbsolute, join } from 'node:path';
import { userFolder } from '../../../runtime/user-path.ts';
import { suggestion } from '../../../scenarios/nearest.ts';
import { InputError } from '../../../sim/errors.ts';
import { planFile } from './run-plan.ts';

/** Also the limit of a label's value and of what is left of a machine's name beside its attempt. */
export const RUN_ID = /^[a-z0-9][a-z0-9-]{0,39}$/;

/** Where runs of commands that are typed in `from` lie. */
export const runsFolder = (from = userFolder()): string => join(from, 'runs');

/** 20260131-100000-k3f: of its start, with three letters against two starts in one second. */
export function makeRunId(now: Date, random: () => number): string {
  const digits = now.toISOString().replace(/\D/g, '');
  const letters = Array.from({ length: 3 }, () => 'abcdefghijkmnpqrstuvwxyz'[Math.floor(random() * 24)]);
  return `${digits.slice(0, 8)}-${digits.slice(8, 14)}-${letters.join('')}`;
}

/** @throws InputError for one that labels and machines cannot be named by */
export function checkedRunId(text: string): string {
  if (RUN_ID.test(text)) return text;
  throw new InputError(
    `--run-id is "${text}"; it must be 1 to 40 lower-case letters, digits and hyphens, and not begin with a hyphen`,
  );
}

/** Ids of the remote runs below `runs`, oldest first. */
export function remoteRuns(runs: string): string[] {
  if (!existsSync(runs)) return [];
  return readdirSync(runs)
    .filter((name) => RUN_ID.test(name) && existsSync(planFile(join(runs, name))))
    .sort();
}

/**
 * The folder of a run named by its id, the beginning of its id, or its path.
 * @throws InputError with those there are
 */
export function runFolder(text: string, runs: string, cwd: string): string {
  for (const path of [isAbsolute(text) ? text : join(cwd, text), join(runs, text)])
    if (existsSync(planFile(path))) return path;
  const ids = remoteRuns(runs);
  const matching = ids.filter((id) => id.startsWith(basename(text)));
  if (matching.length === 1) return join(runs, matching[0]);
  if (matching.length > 1)
    throw new InputError(`"${text}" is the beginning of ${matching.join(' and ')}; write more of it`);
  const known = ids.length > 0 ? ` ${runs} has ${ids.slice(-5).join(', ')}` : ` ${runs} has none`;
  throw new InputError(`"${text}" is no remote run${suggestion(text, ids) || ';'}${known}`);
}
