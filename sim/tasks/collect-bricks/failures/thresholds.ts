/** Where each failure rule draws its line. All lengths are seen from above. */
export const FAILURE_THRESHOLDS = {
  /** Loader and wall or box this close touch. Physics leaves up to a centimetre or two between them. */
  contactGapM: 0.05,
  /** A contact that comes and goes is one contact when the breaks are shorter than this. */
  contactBreakS: 0.5,
  /** A loader that stays in a circle of this radius does not move on. */
  stillRadiusM: 0.3,

  /** The bucket is up from here on. The rim of the box is at 0.4 m. */
  liftUpM: 0.3,
  /** Standing with the bucket up for so long is being stuck; the expert's slowest tipping takes 5 s. */
  liftStuckS: 8,
  /** From the rim to the chassis centre: near enough to be about the box. */
  liftStuckBoxM: 3,

  /** Standing against a wall for so long … */
  wallStuckS: 5,
  /** … or against the box for so long, without moving on. */
  boxStuckS: 3,
  /** A loader that never drove further than this has run into nothing: it was put there. */
  drivenM: 0.3,

  /** Whole turns one way without any progress. The expert's search takes one. */
  spinTurns: 2,

  /** A brick is loaded once it has lain in the bucket for so long, and unloaded once it has been out for so long. */
  loadedS: 0.5,
  /** A load was carried when the lift rose to this; below, a scoop did not hold. */
  carriedLiftM: 0.25,
  /** From unloading to where the brick is said to have come down: falls from the full height take 0.45 s. */
  landingS: 1,
  /** Landed within this of the rim: aimed at the box and missed. Further off: dropped on the way. */
  missedBoxM: 1.5,

  /** The loader moves what is this close to it: half a brick's length and some. */
  pushGapM: 0.35,
  /** Shoved so far in all, on the floor: pushed away. A good scoop shoves by up to 0.5 m. */
  pushedM: 0.8,
  /** A brick that creeps by less is no longer shoved: solver drift of a wedged brick is no event. */
  shoveStepM: 0.02,

  /** A brick this close to the level bucket can be scooped. */
  reachM: 0.3,
  /** The scoop is over when the bucket is this far from the brick again … */
  leftM: 0.8,
  /** … or when so long has passed since it came within reach. */
  reachS: 4,

  /** Getting nearer by so much is progress. */
  progressM: 0.1,
  /** Nearer by so much than … */
  progressedM: 1,
  /** … so long before the end, or loaded or delivered since: time ran out on a loader that was at work. */
  progressingS: 10,
} as const;
