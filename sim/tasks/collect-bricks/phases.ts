/** What an episode consists of, derived from the world and never an input of the expert. */

export const PHASES = [
  'search',
  'turn',
  'approach',
  'scoop',
  'lift',
  'carry',
  'drive-in',
  'tip',
  'back-off',
  'lower',
] as const;
export type Phase = (typeof PHASES)[number];
