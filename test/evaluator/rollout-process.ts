/** Rollouts run as processes of their own, and what they left on disk, for tests that disturb them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RolloutResult } from '../../rollouts/results.ts';
import { type Ended, startCommand } from '../generator/gen-process.ts';

/** Runs `brickyard eval ARGS --json` to its end. */
export async function evaluate(
  args: readonly string[],
  cwd: string,
): Promise<Ended & { summary: Record<string, unknown> }> {
  const ended = await startCommand(['eval', ...args, '--json'], cwd).ended;
  const last = ended.stdout.trim().split('\n').at(-1) ?? '';
  return { ...ended, summary: last.startsWith('{') ? JSON.parse(last) : {} };
}

/** Whole lines of results.jsonl; 0 where there is none. */
export function resultLines(out: string): number {
  try {
    return readFileSync(join(out, 'results.jsonl'), 'utf8').split('\n').length - 1;
  } catch {
    return 0;
  }
}

export interface RolloutFolder {
  /** By condition. */
  results: RolloutResult[];
  /** Bytes of each stored trajectory, by name. */
  trajectories: Record<string, string>;
  /** Without the time it took and the place it lies at. */
  summary: Record<string, unknown>;
  /** Everything in the folder. */
  files: string[];
}

/** What a finished rollout left, in a form in which two of them are equal or not. */
export function rolloutFolder(out: string): RolloutFolder {
  const lines = readFileSync(join(out, 'results.jsonl'), 'utf8').split('\n').slice(0, -1);
  const results = lines.map((line) => JSON.parse(line) as RolloutResult);
  const {
    wall_s,
    per_query,
    results: place,
    sum,
    ...summary
  } = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'));
  const folder = join(out, 'trajectories');
  const names = existsSync(folder) ? readdirSync(folder).sort() : [];
  return {
    results: results.sort((a, b) => (a.condition < b.condition ? -1 : 1)),
    trajectories: Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'base64')])),
    summary,
    files: readdirSync(out).sort(),
  };
}
