/** Trainings that are killed, interrupted, resumed and mistyped: trainer/checks/training_runs.py runs and judges them. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DatasetWriter } from '../../generator/dataset/writer.ts';
import { patternedVideo } from '../dataset/patterned-video.ts';
import { FPS, madeUpRecord, RUN, SPEC } from '../dataset/records.ts';

const EPISODES = 20;
const CHECK = join(import.meta.dirname, '../../trainer/checks/training_runs.py');
const python = process.env.BRICKYARD_PYTHON;

let folder: string;
beforeAll(() => {
  if (!python || !existsSync(python))
    throw new Error(
      'this test needs Python with lerobot: run it by `npm test`, or set BRICKYARD_PYTHON to it',
    );
  folder = mkdtempSync(join(tmpdir(), 'brickyard-train-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('a training loses nothing: checkpoints, resume, reports, hand-over and what it refuses', async () => {
  const out = join(folder, 'dataset');
  const work = join(folder, 'work');
  mkdirSync(work);
  const writer = await DatasetWriter.open({ out, spec: SPEC });
  const records = Array.from({ length: EPISODES }, (_, episode) => {
    const frames = 20 + episode;
    return madeUpRecord({ episode, frames, video: patternedVideo({ episode, frames, fps: FPS }) });
  });
  await writer.writeShard(
    0,
    records.map((record) => () => record),
  );
  await writer.publish({ run: RUN });
  const env = { ...process.env, OMP_NUM_THREADS: '1', XDG_CACHE_HOME: join(folder, 'cache') };
  const run = spawnSync(python!, [CHECK, out, work], { encoding: 'utf8', env });
  const line = run.stdout.trim().split('\n').at(-1) ?? '';
  expect(line, run.stderr.slice(-2000)).toBe('{"faults": []}');
});
