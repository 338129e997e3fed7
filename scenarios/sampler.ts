/**
 * Draws the start of an episode from a scenario. Geometry alone decides: no expert is asked whether it can solve it, and
 * the same stream gives the same start on every machine. Looks have a stream of their own, and what the task draws has
 * others, so that changing the light of a scenario never moves its things.
 */
import type { EpisodeStart } from '../sim/engine/episode-start.ts';
import { Rng } from '../sim/engine/rng.ts';
import { MAX_TIME_LIMIT_S } from '../sim/engine/scenario/limits.ts';
import { InputError } from '../sim/errors.ts';
import type { Scenario } from './schema.ts';
import { scenariosOfTask } from './tasks.ts';
import { drawVisual } from './visual-draw.ts';

/** Who asks for a start: evaluation never sees the starts of generation, nor a preview either. */
export interface SeedStream {
  namespace: 'gen' | 'eval' | 'preview';
  seed: number;
  /** Number of the episode within its scenario; what takes turns, takes them by it. */
  slot: number;
  /** 0, then 1 more each time that the slot had to be tried again. */
  attempt: number;
}

/**
 * One start, as everything downstream needs it.
 * @throws InputError when the scenario has no room for what it asks.
 */
export function sampleStart(scenario: Scenario, stream: SeedStream): EpisodeStart {
  const { namespace, seed, slot, attempt } = stream;
  const { name, task_name: taskName } = scenario;
  const rng = (part: string) => Rng.from(namespace, seed, name, slot, attempt, part);
  const { part, timeLimitS, success } = scenariosOfTask(taskName).draw(scenario, { name, slot, rng });
  if (!(timeLimitS > 0 && timeLimitS <= MAX_TIME_LIMIT_S) || typeof part !== 'object')
    throw new InputError(
      `scenario ${name}: its task drew a time limit of ${timeLimitS} s and a ${typeof part}; wanted up to ${MAX_TIME_LIMIT_S} s and an object`,
    );
  // The order of keys is part of a start's hash.
  return {
    scenario: name,
    seed: `${namespace}/${seed}/${slot}/${attempt}`,
    task: scenario.task,
    ...(taskName === undefined ? {} : { taskName }),
    ...part,
    visual: drawVisual(scenario.visual, rng('visual')),
    timeLimitS,
    success,
  };
}

/** Seconds that an attempt with so many things has. */
export function timeLimitS(scenario: Scenario, count: number): number {
  return scenariosOfTask(scenario.task_name).timeLimitS(scenario, count);
}

/** The fewest and the most things that a start may have. */
export function countRange(scenario: Scenario): [least: number, most: number] {
  return scenariosOfTask(scenario.task_name).countRange(scenario);
}
