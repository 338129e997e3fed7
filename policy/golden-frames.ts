/**
 * Whether this machine's simulator and renderer show the policy what its training showed it: a golden pair's episode is
 * run again from its start and drawn again, and state and picture are compared with the recorded ones. So a camera, a
 * light, a colour range or a control rate that changed is seen before the first rollout.
 *
 * Where the fresh picture cannot go through the same codec, it differs from the recorded one by what H.264 does, the
 * means of 16x16 blocks little. Medians of 8 frames' worst blocks, drawn from 84 frames of 14 scenarios, and the largest
 * of any frame, of 255:
 *
 *              right           moved by 1 px   full range taken for limited   red and blue swapped
 *    64x48     1.3-3.2, 3.8    2.1-7.2         12-18                          40-83
 *   160x120    3.0-8.1, 10     9.6-17          16-18                          95-156
 *   320x240    2.8-6.2, 10     10-14           16-21                          140-190
 *   640x480    3.0-5.6, 14     12-16           17-20                          185-234
 *
 * So blocks tell colours at every size, but a camera that moved only in large pictures. That is told by moving the
 * fresh pictures by a pixel: 8 right ones then differ at least 2.6, 1.8, 1.6 and 1.4 times as
 * much (the four sizes), ones that lie off by half a pixel 0.97 to 1.01 times, by a whole one 0.1 to 0.7. Mean absolute differences are only reported.
 *
 * Now and then the codec leaves behind what has moved on: at 320x240 one frame of a dozen policies' differed by 17.7 where
 * the top of a wall had been a frame before. So a frame that differs too much is drawn once more, through the codec, and
 * only what that does not explain is a fault.
 */

import type { CodedRequest, Renderer } from '../render/draw-request.ts';
import type { EpisodeStart } from '../sim/engine/episode-start.ts';
import type { AnyTask } from '../sim/engine/task.ts';
import { DEFAULT_TASK } from '../sim/engine/task-registry.ts';
import type { World } from '../sim/engine/world.ts';
import { throwFaults } from '../sim/errors.ts';
import { loadTask } from '../sim/tasks/load-task.ts';
import { type FrameDifference, frameDifference, MOVES, movedDifferences } from './frame-difference.ts';
import type { GoldenPair, PolicyFolder } from './policy-folder.ts';
import { type SimulatorSettings, simulatorSettings } from './simulator-fit.ts';

export const GOLDEN_FRAME_BOUNDS = {
  /**
   * Of the worst block of any one frame, and of the median over all frames of their worst block (one frame may be hard
   * to code, half of them are not), of 255: for pictures narrower than `belowPx`, the first that holds.
   */
  blocks: [
    { belowPx: 128, worstBlock: 10, medianBlock: 6 },
    { belowPx: Number.POSITIVE_INFINITY, worstBlock: 16, medianBlock: 10 },
  ],
  /** Moved by a pixel any way, pictures must differ at least so many times as much as unmoved. */
  moved: 1.15,
  /** Of a number of the state. Poses are equal to the bit; this is for the way of a float32 through JSON. */
  state: 1e-5,
} as const;

/** @param widthPx of the camera */
export function blockBounds(widthPx: number) {
  return GOLDEN_FRAME_BOUNDS.blocks.find(({ belowPx }) => widthPx < belowPx)!;
}

export interface GoldenFramesVerdict {
  /** How many were drawn again; 0 with a reason where the dataset is not from this simulator. */
  frames: number;
  /** How many of them are the recorded ones to the bit: all, through the codec, on the stack that drew the dataset. */
  equal: number;
  skipped: string | null;
  worstBlock: number;
  medianBlock: number;
  /** Largest over all frames, R, G, B of 255. */
  meanAbs: [number, number, number];
  state: number;
}

/** What draws golden frames: as they are or, where it can, through the codec as they were recorded. */
export interface GoldenRenderer extends Pick<Renderer, 'egoRgb'> {
  codedRgb?(request: CodedRequest, into: Uint8Array): Promise<Uint8Array>;
  /** Which frames go through the codec. */
  coded?: 'all' | 'those that differ';
}

/**
 * Draws every golden pair again and compares.
 * @throws InputError saying what differs by how much.
 */
export async function checkGoldenFrames(
  policy: PolicyFolder,
  renderer: GoldenRenderer,
): Promise<GoldenFramesVerdict> {
  const verdict: GoldenFramesVerdict = {
    frames: 0,
    equal: 0,
    skipped: null,
    worstBlock: 0,
    medianBlock: 0,
    meanAbs: [0, 0, 0],
    state: 0,
  };
  if (!policy.contract.dataset.made_by_brickyard)
    return { ...verdict, skipped: 'the dataset it was trained on is not from this simulator' };
  const task = await loadTask(taskNameIn(policy.golden.pairs));
  const settings = simulatorSettings(policy, task);
  const faults: string[] = [];
  const bounds = blockBounds(settings.widthPx);
  const blocks: number[] = [];
  const moved = MOVES.map(() => 0);
  for (const [i, pair] of policy.golden.pairs.entries()) {
    const name = `golden pair ${i} (episode ${pair.episode}, frame ${pair.frame})`;
    if (!pair.replay) {
      faults.push(`${name} does not say how its episode began; export the checkpoint again`);
      continue;
    }
    const again = simulateAgain(pair, settings, task);
    if (typeof again === 'string') {
      faults.push(`${name} cannot be simulated: ${again}`);
      continue;
    }
    const stateFault = compareState(
      pair.state,
      again.state,
      { fps: settings.fps, names: task.stateLayouts[settings.state] },
      verdict,
    );
    if (stateFault) {
      faults.push(`${name}: ${stateFault}`);
      continue; // its picture cannot be right either
    }
    const { rgb, difference } = await drawAgain(
      again,
      pair.frames[0],
      settings,
      renderer,
      `golden pair ${i}`,
    );
    blocks.push(difference.worstBlock);
    movedDifferences(rgb, pair.frames[0], settings.widthPx, settings.heightPx).forEach((one, move) => {
      moved[move] += one;
    });
    note(difference, verdict);
    if (difference.worstBlock > bounds.worstBlock)
      faults.push(
        `${name}: the picture drawn here differs: ${differenceText(difference, bounds.worstBlock)}`,
      );
  }
  verdict.medianBlock = median(blocks);
  const moveFault = compareMoves(moved);
  if (moveFault) faults.push(moveFault);
  if (verdict.medianBlock > bounds.medianBlock)
    faults.push(
      `the pictures drawn here differ by ${verdict.medianBlock.toFixed(1)} of 255 in the worst block of the middle one of ${blocks.length}, at most ${bounds.medianBlock}: the camera, the light or the colours changed since the training`,
    );
  throwFaults(`policy ${policy.folder}`, faults);
  return verdict;
}

/** Whether the pictures drawn here, summed over all frames, lie on the recorded ones, or beside them. */
export function compareMoves(moved: readonly number[]): string | undefined {
  const still = MOVES.findIndex(({ dxPx, dyPx }) => dxPx === 0 && dyPx === 0);
  const others = moved.map((one, move) => (move === still ? Number.POSITIVE_INFINITY : one));
  const best = others.indexOf(Math.min(...others));
  if (others[best] >= moved[still] * GOLDEN_FRAME_BOUNDS.moved) return undefined;
  const { dxPx, dyPx } = MOVES[best];
  const times = (others[best] / moved[still]).toFixed(2);
  return `the pictures drawn here lie beside those of the training: moved by (${dxPx}, ${dyPx}) pixels they differ ${times} times as much as unmoved, at least ${GOLDEN_FRAME_BOUNDS.moved} times is right; the camera changed since the training`;
}

interface Simulated {
  start: EpisodeStart;
  /** Of every frame up to the golden one. */
  poses: Float32Array;
  frames: number;
  state: Float32Array;
}

interface DrawnAgain {
  rgb: Uint8Array;
  difference: FrameDifference;
}

async function drawAgain(
  { start, poses, frames }: Simulated,
  recorded: Uint8Array,
  { fps, widthPx, heightPx }: SimulatorSettings,
  renderer: GoldenRenderer,
  stream: string,
): Promise<DrawnAgain> {
  const request = { start, poses, frames, widthPx, heightPx };
  const compared = (rgb: Uint8Array): DrawnAgain => ({
    rgb,
    difference: frameDifference(rgb, recorded, widthPx, heightPx),
  });
  if (!renderer.codedRgb || renderer.coded === 'those that differ') {
    const drawn = compared(await renderer.egoRgb(request, frames - 1));
    if (!renderer.codedRgb || drawn.difference.worstBlock <= blockBounds(widthPx).worstBlock) return drawn;
  }
  const into = new Uint8Array(widthPx * heightPx * 3);
  return compared(await renderer.codedRgb({ ...request, fps, stream }, into));
}

/** Of the dataset that the pairs come from: the default task where its starts name none. */
function taskNameIn(pairs: readonly GoldenPair[]): string | undefined {
  const name = pairs.find(({ replay }) => replay)?.replay?.start.taskName;
  return name === undefined ? undefined : String(name);
}

/** The episode up to the golden frame, or why it cannot be made. */
function simulateAgain(
  { replay }: GoldenPair,
  { fps, state }: SimulatorSettings,
  task: AnyTask,
): Simulated | string {
  const start = replay!.start as unknown as EpisodeStart;
  if ((start.taskName ?? DEFAULT_TASK) !== task.name) return `its start is not one of ${task.name}`;
  const fault = task.startFault(start);
  if (fault) return fault;
  let world: World | undefined;
  try {
    world = task.createWorld(start) as World;
    const size = task.poseSize(start);
    const actions = replay!.executed_actions;
    const frames = actions.length + 1;
    const poses = new Float32Array(frames * size);
    world.writePose(poses, 0);
    for (const [i, action] of actions.entries()) {
      world.step(Float32Array.from(action), 1 / fps);
      world.writePose(poses, (i + 1) * size);
    }
    const numbers = new Float32Array(task.stateLayouts[state].length);
    world.observe(state, numbers);
    return { start, poses, frames, state: numbers };
  } catch (error) {
    return `its start is damaged (${(error as Error).message})`;
  } finally {
    world?.dispose();
  }
}

function compareState(
  recorded: Float32Array,
  here: Float32Array,
  { fps, names }: { fps: number; names: readonly string[] },
  verdict: GoldenFramesVerdict,
): string | undefined {
  const faults: string[] = [];
  for (const [i, name] of names.entries()) {
    const difference = Math.abs(here[i] - recorded[i]);
    verdict.state = Math.max(verdict.state, difference);
    if (!(difference <= GOLDEN_FRAME_BOUNDS.state))
      faults.push(`${name} is ${here[i]}, recorded ${recorded[i]}`);
  }
  if (faults.length === 0) return undefined;
  return `run again at ${fps} Hz, ${faults.join(', ')}: the control rate, the order of the state or the simulator is not the training's`;
}

function note({ meanAbs, worstBlock }: FrameDifference, verdict: GoldenFramesVerdict): void {
  verdict.frames++;
  if (Math.max(...meanAbs) === 0) verdict.equal++;
  verdict.worstBlock = Math.max(verdict.worstBlock, worstBlock);
  for (const channel of [0, 1, 2]) {
    verdict.meanAbs[channel] = Math.max(verdict.meanAbs[channel], meanAbs[channel]);
  }
}

function differenceText({ meanAbs, worstBlock, worstAt }: FrameDifference, most: number): string {
  const means = meanAbs.map((one) => one.toFixed(1)).join(' / ');
  return `by ${worstBlock.toFixed(1)} of 255 in the block at (${worstAt.xPx}, ${worstAt.yPx}), at most ${most}; mean of R / G / B ${means}`;
}

/** The upper of the two in the middle; 0 of none. */
function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
