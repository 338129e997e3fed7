/** What scenarios of this task may say, and how starts are drawn from them. Loads no physics. */
import type { TaskScenarios } from '../../engine/scenario/task-scenarios.ts';
import { checkBricks } from './scenario/checks.ts';
import { BRICKS_DEFAULTS } from './scenario/defaults.ts';
import { OTHER_KEYS } from './scenario/other-keys.ts';
import { brickRange, drawStart, fullest, timeLimitS } from './scenario/sampler.ts';
import { BRICKS_SHAPE, type BricksScenario } from './scenario/schema.ts';
import type { BricksStart } from './start.ts';

export const taskScenarios: TaskScenarios<BricksScenario, BricksStart> = {
  taskName: 'collect-bricks',
  thing: { one: 'brick', many: 'bricks' },
  instruction: BRICKS_DEFAULTS.instruction,
  shape: BRICKS_SHAPE,
  check: checkBricks,
  countRange: brickRange,
  timeLimitS,
  draw: drawStart,
  fullest,
  template: { from: 'one-brick', otherKeys: OTHER_KEYS },
};
