/** From a stage's request and the loop's settings to the options of the functions that do it. Pure. */
import { isAbsolute, join } from 'node:path';
import type { RollOutInput } from '../evaluator/rollout/roll-out.ts';
import type { RawGenOptions } from '../generator/settings.ts';
import { hydraString } from '../trainer/launch/overrides.ts';
import { trainsElsewhere } from './elsewhere.ts';
import { type LoopContent, type LoopMachine, OVERRIDES_HERE, TRAIN_OVERRIDES } from './settings.ts';
import type { RequestOf } from './stages.ts';

export interface StageContext {
  /** Of the loop, absolute. */
  out: string;
  content: LoopContent;
  machine: LoopMachine;
  /** null: the command's own default, all cores. */
  workers: number | null;
}

/** Of `gen`, in the order in which a person would type them. */
export function genOptions(
  request: RequestOf<'fresh' | 'corrections'>,
  { out, content, workers }: StageContext,
): RawGenOptions {
  const { scenarios, state, size, mode } = content;
  const { episodes, seed } = request;
  const options: RawGenOptions =
    request.kind === 'corrections'
      ? {
          ...{ mode: 'dagger', checkpoint: join(out, request.policy) },
          fromReport: request.report === null ? undefined : join(out, request.report),
        }
      : // What `gen` makes when nothing is said.
        { mode: mode === 'expert' ? undefined : mode };
  return {
    ...options,
    ...{ scenarios, episodes: `${episodes}`, seed: `${seed}`, state, size },
    workers: workers === null ? undefined : `${workers}`,
  };
}

/** Of rollouts: on the conditions of the suite, or on as many starts of the scenarios as the stage has. */
export function rolloutOptions(
  { kind, policy, seed, out }: RequestOf<'aim' | 'judge' | 'confirm'>,
  { out: folder, content, workers }: StageContext,
): Omit<RollOutInput, 'command'> {
  const { suite, scenarios, aimEpisodes, heldOutEpisodes, finalEpisodes } = content;
  const episodes = { aim: aimEpisodes, judge: heldOutEpisodes, confirm: finalEpisodes }[kind];
  return {
    checkpoints: [join(folder, policy)],
    conditions: suite === null ? { scenarios, episodes } : { suite },
    ...{ seed, out: join(folder, out), resume: true, report: false },
    workers: workers ?? undefined,
  };
}

/** key=value of a training: the loop's own, then the user's, then what the round decides. */
export function trainOverrides(
  request: RequestOf<'train'> | RequestOf<'measure'>,
  { out, content, machine }: Pick<StageContext, 'out' | 'content' | 'machine'>,
): string[] {
  const machines = trainsElsewhere(machine) ? [] : OVERRIDES_HERE;
  const own = [...TRAIN_OVERRIDES, ...machines, ...content.overrides, `training.steps=${request.steps}`];
  if (request.kind === 'measure') return own;
  const { initFrom, lr, seed } = request;
  own.push(`training.lr=${lr}`, `seed=${seed}`);
  if (initFrom === null) return own;
  const checkpoint = isAbsolute(initFrom) ? initFrom : join(out, initFrom, 'checkpoints/last');
  own.push(`training.init_from=${hydraString(checkpoint)}`);
  return own;
}
