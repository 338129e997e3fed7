/** Starts of collect-bricks, typed as such: what scenarios yield is any task's. */
import { type SeedStream, sampleStart as sampleAnyStart } from '../scenarios/sampler.ts';
import type { Scenario } from '../scenarios/schema.ts';
import type { BricksScenario } from '../sim/tasks/collect-bricks/scenario/schema.ts';
import type { BricksStart } from '../sim/tasks/collect-bricks/start.ts';

export const sampleStart = (scenario: Scenario, stream: SeedStream): BricksStart =>
  sampleAnyStart(scenario, stream) as BricksStart;

/** What the scenario says beyond the common keys. */
export const bricksScenario = (scenario: Scenario): Scenario & BricksScenario =>
  scenario as unknown as Scenario & BricksScenario;
