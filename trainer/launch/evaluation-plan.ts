/**
 * Which checkpoints of a training are rolled out beside it: every n-th that was exported, and the last. The plan and
 * what it has seen lie in the run, so that a resumed one goes on: RUN/evaluation.json.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readSuccess, SELECTION_SEED } from '../../policy/checkpoint-success.ts';
import { writeWholeFile } from '../../runtime/disk.ts';
import { wholeNumber } from '../../runtime/option-value.ts';
import { readJsonSync } from '../../runtime/regular-file.ts';
import { userFolder } from '../../runtime/user-path.ts';
import { expandSuite, loadSuite, wholeSuiteName } from '../../scenarios/suites/suite.ts';
import { InputError } from '../../sim/errors.ts';

export const EVALUATION_DEFAULTS = { every: 1 } as const;
/** As the suite's name: no rollouts, also for a run that had them. */
export const NO_EVALUATION = 'none';

const planSchema = z.strictObject({
  /** Name, or the absolute path of a file. */
  suite: z.string(),
  seed: z.number().int(),
  suite_hash: z.string(),
  every: z.number().int().min(1),
  /** Names of checkpoints in the order of their export, also of those that are gone. */
  exported: z.array(z.string()),
});
export type EvaluationPlan = z.infer<typeof planSchema>;

export interface EvaluationOptions {
  /** As typed: --eval and --eval-every. */
  suite?: string;
  every?: string;
  /** Of the run that goes on, absolute. */
  resume?: string;
  /** Of the configuration, as typed. */
  overrides: readonly string[];
}

/**
 * @returns nothing when no rollouts are wanted
 * @throws InputError for an unknown suite, other conditions than the run had, or options that cannot work together
 */
export function planEvaluation(options: EvaluationOptions): EvaluationPlan | undefined {
  const { suite, resume, overrides } = options;
  const every =
    options.every === undefined ? undefined : wholeNumber('--eval-every', options.every, { min: 1 });
  if (suite === NO_EVALUATION) return undefined;
  const before = resume === undefined ? undefined : readPlan(resume);
  if (suite === undefined && before === undefined) {
    if (every !== undefined)
      throw new InputError('--eval-every is for --eval SUITE: say what to roll the checkpoints out on');
    return undefined;
  }
  if (overrides.some((text) => /^\+{0,2}checkpoint\.export=(none|null)$/.test(text)))
    throw new InputError('--eval rolls out exported checkpoints: leave checkpoint.export=none out');
  if (resume !== undefined) readSuccess(resume);
  const name = suite === undefined ? before!.suite : wholeSuiteName(suite, userFolder());
  const { hash } = expandSuite(loadSuite(name, userFolder()), SELECTION_SEED);
  if (before && before.suite_hash !== hash)
    throw new InputError(
      `--eval ${name}: the checkpoints of ${resume} were rolled out on other conditions (${before.suite}, ${before.suite_hash.slice(0, 12)}, not ${hash.slice(0, 12)}), with which a rate cannot be compared; give that suite, or --eval ${NO_EVALUATION} and \`brickyard eval sweep\` afterwards`,
    );
  return {
    suite: name,
    seed: SELECTION_SEED,
    suite_hash: hash,
    every: every ?? before?.every ?? EVALUATION_DEFAULTS.every,
    exported: before?.exported ?? [],
  };
}

/** @throws InputError when the file is something else */
export function readPlan(run: string): EvaluationPlan | undefined {
  const path = planFile(run);
  if (!existsSync(path)) return undefined;
  try {
    return planSchema.parse(readJsonSync(path));
  } catch {
    throw new InputError(`${path} is no plan of an evaluation; remove it and give --eval again`);
  }
}

export function writePlan(run: string, plan: EvaluationPlan): void {
  writeWholeFile(planFile(run), `${JSON.stringify(plan, null, 2)}\n`);
}

/** Every n-th of those that were exported, and the last of the training once it has ended. */
export function dueCheckpoints({ exported, every }: EvaluationPlan, last?: string): string[] {
  return exported.filter((name, index) => (index + 1) % every === 0 || name === last);
}

function planFile(run: string): string {
  return join(run, 'evaluation.json');
}
