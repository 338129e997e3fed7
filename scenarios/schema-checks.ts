/** Faults of a scenario that need more than one key to be seen. */

import { type Count, quantityRange } from '../sim/engine/scenario/quantity.ts';
import { SCENARIO_LIMITS } from './defaults.ts';

interface Checked {
  tags: string[];
  time_limit_s: number | { first_brick_s: number; further_brick_s: number };
  loader: { where: Record<string, unknown>; heading: unknown };
  bricks: { count: Count; where: Record<string, unknown>; pile?: unknown }[];
  events: { do: Record<string, unknown> }[];
}

interface Context {
  addIssue(issue: { code: 'custom'; path: (string | number)[]; message: string; input: unknown }): void;
}

const REGIONS = ['at', 'near_wall', 'near_corner', 'near_box', 'against_box', 'in_bucket'];

/** Adds an issue for each fault found; a `superRefine` of the scenario's schema. */
export function checkScenario(scenario: Checked, context: Context): void {
  const fault = (path: (string | number)[], message: string, input?: unknown) =>
    context.addIssue({ code: 'custom', path, message, input });

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
  if (most > SCENARIO_LIMITS.bricks)
    fault(
      ['bricks'],
      `up to ${most} bricks altogether is more than ${SCENARIO_LIMITS.bricks}; ask for fewer`,
    );

  scenario.events.forEach((event, index) => {
    const push = event.do.push_brick as { brick: number } | undefined;
    if (push && push.brick >= least)
      fault(
        ['events', index, 'do', 'push_brick', 'brick'],
        `brick ${push.brick} may not exist: numbers start at 0 and there may be only ${least}`,
      );
  });

  const limit = scenario.time_limit_s;
  if (typeof limit !== 'number') {
    const longest = limit.first_brick_s + limit.further_brick_s * (most - 1);
    if (longest > SCENARIO_LIMITS.timeLimitS)
      fault(
        ['time_limit_s'],
        `${longest} s for ${most} bricks is more than ${SCENARIO_LIMITS.timeLimitS} s; ask for less a brick`,
      );
  }
  scenario.tags.forEach((tag, index) => {
    if (scenario.tags.indexOf(tag) !== index) fault(['tags', index], `"${tag}" is there twice; keep one`);
  });
}

function checkRegions(
  where: Record<string, unknown>,
  path: (string | number)[],
  fault: (path: (string | number)[], message: string) => void,
): void {
  const named = REGIONS.filter((key) => where[key] !== undefined);
  if (named.length > 1) fault(path, `${named.join(' and ')} contradict each other; keep one`);
  for (const [key, bounds] of Object.entries(where)) {
    const { min, max } = (bounds ?? {}) as { min?: Count; max?: Count };
    if (min !== undefined && max !== undefined && quantityRange(min)[0] > quantityRange(max)[1])
      fault([...path, key], 'min is more than max; nothing lies between');
  }
}
