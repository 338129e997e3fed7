/** Reads what a rollout left behind: results.jsonl, a line an episode, and summary.json once it has ended. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type RolloutResult, resultSchema } from '../../rollouts/results.ts';
import { readLog } from '../../runtime/line-log.ts';
import { readJsonSync } from '../../runtime/regular-file.ts';
import { InputError, throwFaults } from '../../sim/errors.ts';

/** What a comparison needs of a summary; the rest is kept as it is. */
const summarySchema = z.looseObject({ suite: z.string(), suite_hash: z.string().min(1) });
export type RolloutSummary = z.infer<typeof summarySchema>;

export interface StoredRollout {
  /** As the user named it. */
  name: string;
  results: RolloutResult[];
  /** null while the rollout has not ended. */
  summary: RolloutSummary | null;
  /** Whether its policy saw frames as a video shows them. Of a baseline, and of before there was a choice: not. */
  throughCodec?: boolean;
}

/**
 * @param folder absolute
 * @param name as the user wrote it, for messages
 * @throws InputError that lists every fault of the folder
 */
export function readRollout(folder: string, name: string): StoredRollout {
  const resultsFile = join(folder, 'results.jsonl');
  if (!existsSync(resultsFile))
    throw new InputError(
      `${name}: has no results.jsonl; name a folder that \`brickyard eval rollout --out\` wrote`,
    );
  const faults: string[] = [];
  const results = parseResults(resultsFile, faults);
  const summary = readSummary(join(folder, 'summary.json'), faults);
  const seen = new Set<string>();
  for (const { condition } of results) {
    if (seen.has(condition)) faults.push(`results.jsonl has condition ${condition} twice`);
    seen.add(condition);
  }
  if (results.length === 0 && faults.length === 0) faults.push('results.jsonl has no episode');
  throwFaults(name, faults);
  return { name, results, summary, throughCodec: wentThroughCodec(join(folder, 'run.json'), results) };
}

/** @param name of a rollout without a summary */
export const unfinishedFault = (name: string): string =>
  `${name} has no summary.json, so it did not end; finish it by the command that began it, with --resume`;

/** A last line without its end is one that was being written: no result yet. */
function parseResults(path: string, faults: string[]): RolloutResult[] {
  const { values, damaged } = readLog(path, (line) => {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      throw new Error('is no JSON');
    }
    const parsed = resultSchema.safeParse(value);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw new Error(`${issue.path.join('.') || 'the line'}: ${issue.message}`);
  });
  for (const { line, why } of damaged)
    faults.push(`results.jsonl line ${line}${why === 'is no JSON' ? ` ${why}` : `: ${why}`}`);
  return values;
}

/** Each result says it; run.json did before results did. */
function wentThroughCodec(file: string, results: readonly RolloutResult[]): boolean {
  if (results.some(({ through_codec }) => through_codec)) return true;
  try {
    return (readJsonSync(file) as { through_codec?: unknown }).through_codec === true;
  } catch {
    return false;
  }
}

function readSummary(file: string, faults: string[]): RolloutSummary | null {
  if (!existsSync(file)) return null;
  let value: unknown;
  try {
    value = readJsonSync(file);
  } catch {
    faults.push('summary.json is no JSON');
    return null;
  }
  const parsed = summarySchema.safeParse(value);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues)
    faults.push(`summary.json: ${issue.path.join('.')}: ${issue.message}`);
  return null;
}
