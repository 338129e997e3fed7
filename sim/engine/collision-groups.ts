/** Who collides with whom. Rapier's collision groups: memberships in the upper 16 bits, filter in the lower. */

const FLOOR = 1;
const STATIC = 2;
const BRICK = 4;
const BUCKET = 8;
const CHASSIS = 16;
const HULL = 32;

const groups = (members: number, collidesWith: number): number => ((members << 16) | collidesWith) >>> 0;

export const GROUPS = {
  floor: groups(FLOOR, BRICK),
  /** Arena walls and the box. */
  static: groups(STATIC, BRICK | CHASSIS | HULL),
  brick: groups(BRICK, FLOOR | STATIC | BRICK | BUCKET | CHASSIS),
  bucket: groups(BUCKET, BRICK),
  chassis: groups(CHASSIS, STATIC | BRICK),
  hull: groups(HULL, STATIC),
} as const;
