/** Episodes made up for tests: every column a known function of episode and frame. */
import type { EpisodeRecord } from '../../dataset/episode-record.ts';
import type { DatasetSpec } from '../../dataset/features.ts';
import type { RunProvenance } from '../../dataset/metadata.ts';
import { statFrameIndices } from '../../dataset/stat-frames.ts';
import { taskSpec } from '../../dataset/task-spec.ts';
import type { EncodedVideo } from '../../render/draw-request.ts';
import { PHASES } from '../../sim/tasks/collect-bricks/phases.ts';
import type { BricksStart } from '../../sim/tasks/collect-bricks/start.ts';
import { defaultTask } from '../../sim/tasks/default-task.ts';
import { FIXTURE_SIZE } from './patterned-video.ts';

export const STATE_NAMES = ['loader_x', 'loader_z', 'loader_rotation', 'legos_remaining'];
export const FPS = 10;
export const SPEC: DatasetSpec = taskSpec(defaultTask, 'seed4', { fps: FPS, ...FIXTURE_SIZE });
export const TASKS = ['put the brick into the box', 'put the bricks into the box'];

export const RUN: RunProvenance = {
  command: 'brickyard gen --episodes 6 --seed 7',
  seed: 7,
  settings: { scenarios: 'all', fps: FPS },
  versions: { brickyard: '0.1.0' },
  rendering_stack: {
    ...{ backend: 'gl-egl', glVendor: 'Mesa', glRenderer: 'llvmpipe', glVersion: '4.5' },
    ...{ browser: 'Chromium 156', codec: 'avc1.42001f' },
  },
  episodes: 6,
  attempts: 7,
  rejects: { total: 1, by_reason: { timeout: 1 }, by_scenario: { wall: 1 } },
  rejected_starts: [{ scenario: 'wall', slot: 0, attempt: 0, reason: 'timeout', detail: 'at (1, 2)' }],
};

export interface RecordOptions {
  episode: number;
  frames: number;
  fps?: number;
  video: EncodedVideo;
}

export function madeUpRecord({ episode, frames, fps = FPS, video }: RecordOptions): EpisodeRecord {
  const rows = (width: number, cell: (frame: number, d: number) => number): Float32Array =>
    Float32Array.from({ length: frames * width }, (_, i) => cell(Math.floor(i / width), i % width));
  const scenario = episode % 2 === 0 ? 'one-brick' : 'few';
  const start = startOf(episode, scenario);
  return {
    key: start.seed,
    scenario,
    scenarioHash: `hash-of-${scenario}`,
    ...{ seed: 7, slot: Math.floor(episode / 2), attempt: episode % 3 },
    task: start.task,
    start,
    outcome: 'success',
    fps,
    stateNames: STATE_NAMES,
    frames,
    states: rows(4, (frame, d) => Math.sin(episode + frame / 7 + d) * (d + 1)),
    actions: rows(4, (frame, d) => Math.cos(episode * 2 + frame / 5 + d)),
    executedActions: rows(4, (frame, d) => Math.cos(episode * 2 + frame / 5 + d) * 0.9),
    sources: Uint8Array.from({ length: frames }, (_, frame) => (episode % 4 === 3 && frame > 5 ? 1 : 0)),
    labelValid: Uint8Array.from({ length: frames }, (_, frame) => (frame % 11 === 0 ? 0 : 1)),
    phases: Uint8Array.from({ length: frames }, (_, frame) => frame % PHASES.length),
    finalStateHash: String(episode).padStart(16, '0'),
    video,
    statFrames: statFrameIndices(frames).length,
  };
}

function startOf(episode: number, scenario: string): BricksStart {
  return {
    scenario,
    seed: `gen/7/${Math.floor(episode / 2)}/${episode % 3}/${scenario}`,
    task: TASKS[episode % 2],
    loader: { xM: episode, zM: 0, headingRad: 0, liftM: 0, tiltRad: 0 },
    bricks: [],
    physics: {
      brickFriction: 0.7,
      floorFriction: 0.9,
      bucketFriction: 0.1,
      brickDensityKgpm3: 100,
      traction: 1,
    },
    events: [],
    visual: {
      ...{ tintRgb: [1, 1, 1], ambient: 0.5, sunIntensity: 1, sunAzimuthRad: 0, sunElevationRad: 1 },
      ...{ floorRgb: [0.5, 0.5, 0.5], wallRgb: [0.6, 0.6, 0.6] },
      camera: { forwardM: 0, sidewaysM: 0, heightM: 0, pitchRad: 0, yawRad: 0, fovRad: 0 },
    },
    timeLimitS: 60 + episode,
    success: { restSpeedMps: 0.05, restS: 0.5 },
  };
}
