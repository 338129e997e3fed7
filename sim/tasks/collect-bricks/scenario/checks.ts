/** Faults of a scenario that need more than one key to be seen. */

import { MAX_TIME_LIMIT_S } from '../../../engine/scenario/limits.ts';
import { type Count, quantityRange } from '../../../engine/scenario/quantity.ts';
import type { KeyPath } from '../../../engine/scenario/task-scenarios.ts';
import { BRICKS_LIMITS } from './defaults.ts';
import type { BricksScenario } from './schema.ts';

const REGIONS = ['at', 'near_wall', 'near_corner', 'near_box', 'against_box', 'in_bucket'];

type Fault = (path: KeyPath, message: string) => void;

export function checkBricks(scenario: BricksScenario, fault: Fault): void {
  checkRegions(scenario.loader.where, ['loader', 'where'], fault);
  if (scenario.loader.where.against_box && scenario.loader.heading !== 'any')
    fault(['loader', 'heading'], 'against_box already faces the box; leave heading out');

  let least = 0;
  let most = 0;
  scenario.bricks.forEach((group, index) => {
    const path = ['bricks', index, 'where'];
    checkRegions(group.where, path, fault);
    if (group.where.in_bucket && (Object.keys(group.where).length > 1 || group.pile))
      fault(path, 'in_bucket already says where; leave the other keys and pile out');
    const [low, high] = quantityRange(group.count);
    least += low;
    most += high;
  });
  if (most > BRICKS_LIMITS.bricks)
    fault(['bricks'], `up to ${most} bricks altogether is more than ${BRICKS_LIMITS.bricks}; ask for fewer`);

  scenario.events.forEach((event, index) => {
    const push = 'push_brick' in event.do ? event.do.push_brick : undefined;
    if (push && push.brick >= least)
      fault(
        ['events', index, 'do', 'push_brick', 'brick'],
        `brick ${push.brick} may not exist: numbers start at 0 and there may be only ${least}`,
      );
  });

  const limit = scenario.time_limit_s;
  if (typeof limit !== 'number') {
    const longest = limit.first_brick_s + limit.further_brick_s * (most - 1);
    if (longest > MAX_TIME_LIMIT_S)
      fault(
        ['time_limit_s'],
        `${longest} s for ${most} bricks is more than ${MAX_TIME_LIMIT_S} s; ask for less a brick`,
      );
  }
}

function checkRegions(where: Record<string, unknown>, path: KeyPath, fault: Fault): void {
  const named = REGIONS.filter((key) => where[key] !== undefined);
  if (named.length > 1) fault(path, `${named.join(' and ')} contradict each other; keep one`);
  for (const [key, bounds] of Object.entries(where)) {
    const { min, max } = (bounds ?? {}) as { min?: Count; max?: Count };
    if (min !== undefined && max !== undefined && quantityRange(min)[0] > quantityRange(max)[1])
      fault([...path, key], 'min is more than max; nothing lies between');
  }
}
