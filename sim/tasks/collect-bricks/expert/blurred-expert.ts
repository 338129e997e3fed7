/**
 * The expert as a learner would make it out: asked at several places around the true one, and the median taken of what
 * it says, which is what a network with an L1 loss converges to when it cannot tell those places apart. Where the
 * expert's choices hang on centimetres the answers contradict each other, and the loader goes back and forth as trained
 * policies do there. So this says in seconds whether a behaviour can be learned, before a training says it in hours.
 */

import { syncPolicy } from '../../../engine/policies.ts';
import type { SyncPolicy } from '../../../engine/policy.ts';
import { Rng } from '../../../engine/rng.ts';
import { distanceTo, type LoaderPose } from '../../../robots/wheel-loader/loader-pose.ts';
import type { BricksWorld } from '../world.ts';
import { type Action, type ExpertView, expertAction, expertView, type SeenBrick } from './expert.ts';

export const BLUR_DEFAULTS = {
  /** Standard deviations at blur 1. */
  placeM: 0.06,
  headingRad: 0.03,
  tiltRad: 0.02,
  liftM: 0.03,
  /** Of a lift that is down: the picture shows it well. */
  downLiftM: 0.01,
  /** Of a brick's place, for each metre that it lies away. */
  brickMPerM: 0.03,
  /** How many places are asked at. */
  views: 9,
} as const;

const DOWN_M = 0.02;

export interface BlurOptions {
  /** Names the random numbers. */
  name: readonly (string | number)[];
  /** 0 is the expert itself, 1 the errors of BLUR_DEFAULTS, 2 twice as much. */
  blur: number;
  /** By how much steering and throttle come late, as those of a policy that acts out chunks. */
  lateFrames?: number;
}

export const blurredExpert = ({ name, blur, lateFrames = 0 }: BlurOptions): SyncPolicy =>
  syncPolicy(() => {
    const rng = Rng.from(...name);
    const asked: Action[] = [];
    return ({ world }) => {
      const view = expertView(world as BricksWorld);
      const answers = Array.from({ length: BLUR_DEFAULTS.views }, () =>
        expertAction(blurredView(view, rng, blur)),
      );
      const action = [0, 1, 2, 3].map((i) =>
        median(answers.map(({ action: values }) => values[i])),
      ) as Action;
      asked.push(action);
      const [steering, throttle] = asked[Math.max(0, asked.length - 1 - lateFrames)];
      return { action: [steering, throttle, action[2], action[3]] };
    };
  }, lateFrames + 1);

function blurredView(view: ExpertView, rng: Rng, blur: number): ExpertView {
  const bricks = view.bricks.map((brick) => displacedBrick(brick, view.loader, rng, blur));
  return { ...view, loader: displaced(view.loader, rng, blur), bricks };
}

/** Bricks in the bucket are seen to be there. */
function displacedBrick(brick: SeenBrick, loader: LoaderPose, rng: Rng, blur: number): SeenBrick {
  if (brick.inBucket || brick.insideBox) return brick;
  const errorM = blur * BLUR_DEFAULTS.brickMPerM * distanceTo(loader, brick.xM, brick.zM);
  return { ...brick, xM: rng.normal(brick.xM, errorM), zM: rng.normal(brick.zM, errorM) };
}

function displaced(loader: LoaderPose, rng: Rng, blur: number): LoaderPose {
  const { placeM, headingRad, tiltRad, liftM, downLiftM } = BLUR_DEFAULTS;
  return {
    ...loader,
    xM: rng.normal(loader.xM, blur * placeM),
    zM: rng.normal(loader.zM, blur * placeM),
    headingRad: rng.normal(loader.headingRad, blur * headingRad),
    tiltRad: rng.normal(loader.tiltRad, blur * tiltRad),
    liftM: Math.max(0, rng.normal(loader.liftM, blur * (loader.liftM < DOWN_M ? downLiftM : liftM))),
  };
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1];
