/**
 * The only judge of the format is the reader that people train with: lerobot itself loads what we write, and we
 * validate what it writes. Python comes from BRICKYARD_PYTHON, which `npm test` sets.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DatasetReader } from '../../dataset/reader.ts';
import { planShards } from '../../dataset/shards.ts';
import { statFrameIndices } from '../../dataset/stat-frames.ts';
import { validateDataset } from '../../dataset/validate.ts';
import { DatasetWriter } from '../../dataset/writer.ts';
import type { Disk } from '../../runtime/disk.ts';
import { testPython } from '../python.ts';
import { KilledMoving } from './killed-moving.ts';
import { FIXTURE_SIZE, patternedFrame, patternedVideo } from './patterned-video.ts';
import { FPS, madeUpRecord, RUN, SPEC, TASKS } from './records.ts';

const LENGTHS = [40, 133, 25, 60, 71, 18, 90];
const CHECKS = join(import.meta.dirname, '../../trainer/checks');

/** One run of a script; its last line of stdout as JSON. */
function runPython(args: string[]): { status: number | null; report: Record<string, unknown> } {
  const run = spawnSync(python, args, {
    encoding: 'utf8',
    env: { ...process.env, HF_DATASETS_CACHE: cache },
  });
  const line = run.stdout.trim().split('\n').at(-1) ?? '';
  if (!line.startsWith('{') && !line.startsWith('['))
    throw new Error(`python printed no JSON: ${run.stderr.slice(-2000)}`);
  return { status: run.status, report: JSON.parse(line) };
}

let python: string;
let folder: string;
let cache: string;
beforeAll(() => {
  python = testPython();
  folder = mkdtempSync(join(tmpdir(), 'brickyard-lerobot-'));
  cache = join(folder, 'cache');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface MadeOptions {
  fps: number;
  /** Files of the second run are appended. */
  appendFrom?: number;
  /** Of the second run. */
  disk?: Disk;
}

async function makeDataset(
  out: string,
  { fps, appendFrom = LENGTHS.length, disk }: MadeOptions,
): Promise<void> {
  const records = LENGTHS.map((frames, episode) =>
    madeUpRecord({ episode, frames, fps, video: patternedVideo({ episode, frames, fps }) }),
  );
  for (const [append, some] of [
    [false, records.slice(0, appendFrom)],
    [true, records.slice(appendFrom)],
  ] as const) {
    if (some.length === 0) continue;
    const spec = { ...SPEC, fps };
    const writer = await DatasetWriter.open({ out, spec, append, disk: append ? disk : undefined });
    const limits = { minS: 50 / fps, maxS: 200 / fps };
    const shards = planShards(
      some.map((record) => record.frames),
      fps,
      limits,
    );
    for (const [i, { from, to }] of shards.entries()) {
      await writer.writeShard(
        i,
        some.slice(from, to).map((record) => () => record),
      );
    }
    await writer.publish({ run: RUN });
  }
}

describe('lerobot', () => {
  const frames = LENGTHS.reduce((a, b) => a + b);

  it.each([
    ['10 fps, in one run', { fps: FPS }],
    ['30 fps, the second half appended', { fps: 30, appendFrom: 4 }],
  ])('loads, decodes and trains on a dataset of ours: %s', async (_, options) => {
    const out = join(folder, `ours-${options.fps}`);
    await makeDataset(out, options);
    const { report } = runPython([join(CHECKS, 'load_dataset.py'), out, '--pattern']);
    expect(report).toMatchObject({ faults: [], ok: true, episodes: LENGTHS.length, frames, tasks: TASKS });
    expect(report.decoded).toEqual({ torchcodec: frames, pyav: frames });
    expect(
      (await validateDataset(await DatasetReader.open(out), { minEpisodes: 1, deep: true })).faults,
    ).toEqual([]);
  });

  it('loads the old episodes of a dataset whose append was killed before any of its moves', async () => {
    const before = 3;
    const killed: string[] = [];
    for (let moves = 0; ; moves++) {
      const out = join(folder, `killed-${moves}`);
      const disk = new KilledMoving(out, moves);
      const error = await makeDataset(out, { fps: FPS, appendFrom: before, disk }).catch((error) => error);
      if (!error || (await DatasetReader.open(out)).info.total_episodes > before) break;
      expect(error.message).toBe('killed');
      killed.push(out);
    }
    expect(killed.length).toBeGreaterThan(6);
    const oldFrames = LENGTHS.slice(0, before).reduce((a, b) => a + b);
    const script = join(CHECKS, 'load_interrupted.py');
    const { report } = runPython([script, `${before}`, `${oldFrames}`, ...killed]);
    expect(report).toEqual({ datasets: killed.length, faults: [] });
  });

  it('is not fooled: the check fails on a dataset whose pictures are a frame late', async () => {
    const out = join(folder, 'late');
    const some = [30, 20].map((frames, episode) => {
      const { sampleBytes, keyFrames, data, ...video } = patternedVideo({
        episode,
        frames: frames + 10,
        fps: FPS,
      });
      // From the second key frame on: every picture shows a frame ten later than its row.
      const skipped = sampleBytes.subarray(0, 10).reduce((a, b) => a + b, 0);
      const late = {
        sampleBytes: sampleBytes.slice(10),
        keyFrames: keyFrames.slice(10),
        data: data.slice(skipped),
      };
      return madeUpRecord({ episode, frames, video: { ...video, ...late } });
    });
    const writer = await DatasetWriter.open({ out, spec: SPEC });
    await writer.writeShard(
      0,
      some.map((record) => () => record),
    );
    await writer.publish({ run: RUN });
    const { status, report } = runPython([join(CHECKS, 'load_dataset.py'), out, '--pattern']);
    expect(status).toBe(1);
    expect((report.faults as string[])[0]).toMatch(/episode 0 frame 0 shows episode 0 frame 10/);
  });

  it.each(['h264', 'libsvtav1'])('records datasets that we validate (%s)', async (codec) => {
    const out = join(folder, `foreign-${codec}`);
    const run = spawnSync(python, [join(CHECKS, 'record_foreign.py'), out, codec], { encoding: 'utf8' });
    expect(run.status, run.stderr.slice(-2000)).toBe(0);
    const report = await validateDataset(await DatasetReader.open(out), { minEpisodes: 1, deep: true });
    expect(report.faults).toEqual([]);
    expect(report.episodes).toBe(3);
    // Its std of pictures overflows: a known defect, so a warning and no fault.
    expect(report.warnings.map(({ check }) => check)).toEqual(['camera-std']);
    expect(report.skipped.map(({ check }) => check)).toEqual(['success-criteria', 'duplicates', 'content']);
  });

  it('samples the same frames for statistics', () => {
    const lengths = [1, 2, 99, 100, 101, 463, 464, 465, 1000, 2345, 27000];
    const script = `import json,sys
from lerobot.datasets.compute_stats import sample_indices
print(json.dumps([sample_indices(n) for n in ${JSON.stringify(lengths)}]))`;
    const { report } = runPython(['-c', script]);
    expect(report).toEqual(lengths.map((length) => [...statFrameIndices(length)]));
  });

  it('measures how far decoded frames are from rendered ones, and sees a picture upside down', async () => {
    const out = join(folder, 'ours-10');
    if (!existsSync(out)) await makeDataset(out, { fps: FPS });
    const { widthPx, heightPx } = FIXTURE_SIZE;
    const writeRaw = (name: string, flip: boolean): string => {
      const raw = join(folder, name);
      mkdirSync(raw);
      for (const [episode, frame] of [
        [0, 0],
        [1, 77],
        [6, 89],
      ]) {
        writeFileSync(
          join(raw, `${episode}-${frame}.rgba`),
          rgba(patternedFrame(episode, frame, widthPx, heightPx), flip),
        );
      }
      return raw;
    };
    const { report } = runPython([join(CHECKS, 'fidelity.py'), out, writeRaw('raw', false)]);
    expect(report).toMatchObject({ frames: 3, size: [widthPx, heightPx], upright: true });
    for (const error of report.mae as number[]) expect(error).toBeLessThan(8);
    const flipped = runPython([join(CHECKS, 'fidelity.py'), out, writeRaw('flipped', true)]).report;
    expect(flipped.upright).toBe(false);
  });
});

/** Four bytes a pixel; rows from the bottom when `flip`. */
function rgba(rgb: Uint8Array, flip: boolean): Uint8Array {
  const { widthPx, heightPx } = FIXTURE_SIZE;
  const pixels = new Uint8Array(widthPx * heightPx * 4).fill(255);
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      const from = ((flip ? heightPx - 1 - y : y) * widthPx + x) * 3;
      pixels.set(rgb.subarray(from, from + 3), (y * widthPx + x) * 4);
    }
  }
  return pixels;
}
