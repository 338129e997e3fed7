/** What tells a right picture from a wrong one, at every size that policies have, with the codec's real errors. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { frameDifference, movedDifferences } from '../../policy/frame-difference.ts';
import { blockBounds, compareMoves } from '../../policy/golden-frames.ts';
import { type HeadlessRenderer, openRenderer } from '../../render/renderer.ts';
import { poseSize } from '../../sim/tasks/collect-bricks/start-poses.ts';
import { trialScene } from '../../sim/tasks/collect-bricks/trial-scene.ts';

const SIZES = [
  [64, 48],
  [160, 120],
  [320, 240],
  [640, 480],
] as const;
const FRAMES = [2, 5, 8, 11, 14, 17, 20, 23];

let renderer: HeadlessRenderer;
beforeAll(async () => {
  renderer = await openRenderer();
}, 300_000);
afterAll(() => renderer.close());

type Picture = Uint8Array;
type Change = (picture: Picture, widthPx: number) => Picture;

/** The neighbour to the right takes each pixel's place. */
const moved: Change = (picture) => picture.map((one, i) => picture[i + 3] ?? one);
const halfMoved: Change = (picture, widthPx) => {
  const right = moved(picture, widthPx);
  return picture.map((one, i) => Math.round((one + right[i]) / 2));
};
const limited: Change = (picture) => picture.map((one) => Math.round(16 + (one * 219) / 255));
const swapped: Change = (picture) => picture.map((_, i) => picture[i + [2, 0, -2][i % 3]]);

describe.each(SIZES)('pictures of %i x %i', (widthPx, heightPx) => {
  let drawn: Picture[];
  let coded: Picture[];
  beforeAll(async () => {
    const scene = trialScene({ frames: FRAMES.at(-1)! + 1, widthPx, heightPx });
    const size = poseSize(scene.start.bricks.length);
    drawn = [];
    coded = [];
    for (const frame of FRAMES) {
      drawn.push(await renderer.egoRgb(scene, frame));
      const poses = scene.poses.subarray(0, (frame + 1) * size);
      const request = { ...scene, poses, frames: frame + 1, fps: 10, stream: `${widthPx}` };
      coded.push(Uint8Array.from(await renderer.codedRgb(request, new Uint8Array(widthPx * heightPx * 3))));
    }
  }, 300_000);

  function verdict(change: Change) {
    const pictures = drawn.map((picture) => change(picture, widthPx));
    const worst = pictures
      .map((picture, i) => frameDifference(picture, coded[i], widthPx, heightPx).worstBlock)
      .sort((a, b) => a - b);
    const moves = pictures.map((picture, i) => movedDifferences(picture, coded[i], widthPx, heightPx));
    return {
      worst: worst.at(-1)!,
      median: worst[worst.length / 2],
      moves: compareMoves(moves[0].map((_, move) => moves.reduce((sum, one) => sum + one[move], 0))),
    };
  }
  const { worstBlock, medianBlock } = blockBounds(widthPx);

  it('are right as they were drawn', () => {
    const { worst, median, moves } = verdict((picture) => picture);
    expect(worst).toBeGreaterThan(0);
    expect(worst).toBeLessThan(worstBlock);
    expect(median).toBeLessThan(medianBlock);
    expect(moves).toBeUndefined();
  });

  it('are wrong a pixel aside, and half a pixel', () => {
    expect(verdict(moved).moves).toMatch(/moved by \(1, 0\) pixels they differ 0\.\d+ times/);
    expect(verdict(halfMoved).moves).toContain('lie beside those of the training');
  });

  it('are wrong in other colours', () => {
    expect(verdict(limited).median).toBeGreaterThan(medianBlock);
    expect(verdict(swapped).worst).toBeGreaterThan(worstBlock);
  });
});
