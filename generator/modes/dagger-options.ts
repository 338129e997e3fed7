/** The options of `--mode dagger`: from text to a request, each fault in one sentence. */
import { boundedNumber, readNumber, readWhole } from '../../runtime/option-value.ts';
import type { AnyTask } from '../../sim/engine/task.ts';
import { orFault } from '../../sim/errors.ts';
import { defaultTask } from '../../sim/tasks/default-task.ts';
import { AIM_DEFAULTS } from '../aim.ts';
import { DAGGER_DEFAULTS } from './dagger.ts';

/** Option values as text. */
export interface RawDaggerOptions {
  checkpoint?: string;
  beta?: string;
  actionSteps?: string;
  fromReport?: string;
  everythingElse?: string;
  labelWeights?: string;
}

export const DAGGER_OPTION_NAMES = {
  checkpoint: '--checkpoint',
  beta: '--beta',
  actionSteps: '--action-steps',
  fromReport: '--from-report',
  everythingElse: '--everything-else',
  labelWeights: '--label-weights',
} as const satisfies Record<keyof RawDaggerOptions, string>;

/** What the user asks for, before any file is looked at. */
export interface DaggerRequest {
  /** As written: a policy folder, RUN, RUN@STEP. */
  checkpoint: string;
  beta: number;
  /** As trained when left out. */
  actionSteps: number | undefined;
  aim: { report: string; everythingElse: number; labelWeights: Record<string, number> } | undefined;
}

const MAX_LABEL_WEIGHT = 1000;

/** Adds what is wrong to `faults`; undefined in another mode. */
export function parseDaggerOptions(
  mode: string,
  raw: RawDaggerOptions,
  faults: string[],
  task: AnyTask = defaultTask,
): DaggerRequest | undefined {
  if (mode !== 'dagger') {
    for (const [key, name] of Object.entries(DAGGER_OPTION_NAMES))
      if (raw[key as keyof RawDaggerOptions] !== undefined)
        faults.push(`${name} means nothing in --mode ${mode}: leave it out, or use --mode dagger`);
    return undefined;
  }
  if (raw.checkpoint === undefined)
    faults.push(
      '--mode dagger needs --checkpoint: a policy folder or a training run (RUN, RUN@best, RUN@STEP)',
    );
  if (raw.fromReport === undefined)
    for (const key of ['everythingElse', 'labelWeights'] as const)
      if (raw[key] !== undefined) faults.push(`${DAGGER_OPTION_NAMES[key]} goes with --from-report`);
  const share = (key: 'beta' | 'everythingElse', otherwise: number): number =>
    fraction(DAGGER_OPTION_NAMES[key], raw[key], otherwise, faults);
  return {
    checkpoint: raw.checkpoint ?? '',
    beta: share('beta', DAGGER_DEFAULTS.beta),
    actionSteps: steps(raw.actionSteps, faults),
    aim:
      raw.fromReport === undefined
        ? undefined
        : {
            report: raw.fromReport,
            everythingElse: share('everythingElse', AIM_DEFAULTS.everythingElse),
            labelWeights: labelWeights(raw.labelWeights, task, faults),
          },
  };
}

function fraction(name: string, text: string | undefined, otherwise: number, faults: string[]): number {
  if (text === undefined) return otherwise;
  return orFault(faults, () => boundedNumber(name, text, { min: 0, max: 1 })) ?? otherwise;
}

function steps(text: string | undefined, faults: string[]): number | undefined {
  if (text === undefined) return undefined;
  const value = readWhole(text);
  if (!(value >= 1))
    faults.push(`--action-steps must be a whole number from 1 to the policy's chunk, got "${text}"`);
  return value;
}

/** `WALL_STUCK:3,SPINNING:0.5`: what is not named counts 1. */
function labelWeights(text: string | undefined, task: AnyTask, faults: string[]): Record<string, number> {
  const labels = Object.keys(task.failures.meanings);
  const weights: Record<string, number> = {};
  for (const part of text?.split(',') ?? []) {
    const [label, number] = part.trim().split(':');
    const weight = readNumber(number ?? '');
    if (!labels.includes(label))
      faults.push(`--label-weights: "${label}" is no label of a failure; there are ${labels.join(', ')}`);
    else if (!(weight >= 0 && weight <= MAX_LABEL_WEIGHT))
      faults.push(
        `--label-weights: "${part.trim()}" must be LABEL:WEIGHT with a weight from 0 to ${MAX_LABEL_WEIGHT}`,
      );
    else weights[label] = weight;
  }
  return weights;
}
