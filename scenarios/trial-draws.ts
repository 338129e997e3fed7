/** Finds scenarios that ask for more than there is room for, before anything depends on them. */

import { InputError } from '../sim/errors.ts';
import { sampleStart } from './sampler.ts';
import type { Scenario } from './schema.ts';
import { scenariosOfTask } from './tasks.ts';

export const TRIAL_DRAWS = 64;

/**
 * Draws starts until one has no room: half of them with as many things as it may have.
 * @returns that draw's fault, or null when all went well.
 */
export function trialFault(scenario: Scenario, draws: number = TRIAL_DRAWS): string | null {
  const fullest = scenariosOfTask(scenario.task_name).fullest(scenario) as Scenario;
  try {
    for (let slot = 0; slot < draws; slot++)
      sampleStart(slot % 8 < 4 ? scenario : fullest, { namespace: 'preview', seed: 0, slot, attempt: 0 });
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return null;
}
