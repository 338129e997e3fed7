/**
 * Who collides with whom, as robots and tasks agree on it. Rapier's collision groups: memberships in the upper 16 bits,
 * filter in the lower.
 */

const FLOOR = 1;
const STATIC = 2;
const THING = 4;
const TOOL = 8;
const BODY = 16;
const HULL = 32;

const groups = (members: number, collidesWith: number): number => ((members << 16) | collidesWith) >>> 0;

export const GROUPS = {
  /** Carries things; robots hold themselves at their height. */
  floor: groups(FLOOR, THING),
  /** Walls and all else that never moves. */
  static: groups(STATIC, THING | BODY | HULL),
  /** What lies about and may be moved. */
  thing: groups(THING, FLOOR | STATIC | THING | TOOL | BODY),
  /** The part of a robot that handles things, and touches nothing else. */
  tool: groups(TOOL, THING),
  /** The rest of a robot. */
  body: groups(BODY, STATIC | THING),
  /** Unseen: keeps a tool clear of what never moves. */
  hull: groups(HULL, STATIC),
} as const;
