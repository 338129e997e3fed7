/** What training is fed and what leaves it, judged in Python by lerobot's own modules: trainer/checks/training_data.py. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadPolicy } from '../../evaluator/policy/policy-folder.ts';
import { DatasetWriter } from '../../generator/dataset/writer.ts';
import { patternedVideo } from '../dataset/patterned-video.ts';
import { FPS, madeUpRecord, RUN, SPEC } from '../dataset/records.ts';

const LENGTHS = [60, 45, 80, 50];
const CHECK = join(import.meta.dirname, '../../trainer/checks/training_data.py');
const python = process.env.BRICKYARD_PYTHON;

let folder: string;
beforeAll(() => {
  if (!python || !existsSync(python))
    throw new Error(
      'this test needs Python with lerobot: run it by `npm test`, or set BRICKYARD_PYTHON to it',
    );
  folder = mkdtempSync(join(tmpdir(), 'brickyard-trainer-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('resize, cache, batches, plugin and export agree with each other, and the policy folder loads', async () => {
  const out = join(folder, 'dataset');
  const work = join(folder, 'work');
  mkdirSync(work);
  const writer = await DatasetWriter.open({ out, spec: SPEC });
  const records = LENGTHS.map((frames, episode) =>
    madeUpRecord({ episode, frames, video: patternedVideo({ episode, frames, fps: FPS }) }),
  );
  await writer.writeShard(
    0,
    records.map((record) => () => record),
  );
  await writer.publish({ run: RUN });
  const run = spawnSync(python!, [CHECK, out, work], {
    encoding: 'utf8',
    env: { ...process.env, OMP_NUM_THREADS: '1' },
  });
  const line = run.stdout.trim().split('\n').at(-1) ?? '';
  expect(line, run.stderr.slice(-2000)).toBe('{"faults": []}');
  const { contract, golden } = await loadPolicy(join(work, 'policy'));
  expect(contract).toMatchObject({ type: 'act_small', chunk: 20, dataset: { made_by_brickyard: true } });
  expect(golden.pairs.length).toBeGreaterThan(0);
});
