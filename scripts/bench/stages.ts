/** Each stage of an episode's way alone, in one process with one browser: one episode of every scenario. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeRecord, type EpisodeRecord, encodeRecord } from '../../dataset/episode-record.ts';
import { StagingArea } from '../../dataset/staging.ts';
import { statFrameIndices, statStride } from '../../dataset/stat-frames.ts';
import { taskSpec } from '../../dataset/task-spec.ts';
import { DatasetWriter } from '../../dataset/writer.ts';
import { attemptEpisode } from '../../generator/episode.ts';
import { ShardKeeper } from '../../generator/shard-keeper.ts';
import type { EncodeRequest } from '../../render/draw-request.ts';
import { type HeadlessRenderer, openRenderer } from '../../render/renderer.ts';
import { listScenarios } from '../../scenarios/registry.ts';
import type { Trajectory } from '../../sim/engine/trajectory.ts';
import { defaultTask } from '../../sim/tasks/default-task.ts';
import { loadTask } from '../../sim/tasks/load-task.ts';
import type { SectionResults } from './results.ts';

const FPS = 10;
const SIZE = { widthPx: 320, heightPx: 240 } as const;

export async function measureStages(repeats: number): Promise<SectionResults['stages']> {
  await loadTask();
  simulateAll(); // the compilers warm up
  const result: SectionResults['stages'] = {
    frames: 0,
    simulate: [],
    render: [],
    convert: [],
    encode: [],
    write: [],
  };
  const renderer = await openRenderer();
  try {
    for (let repeat = 0; repeat < repeats; repeat++) {
      const began = performance.now();
      const trajectories = simulateAll();
      const frames = trajectories.reduce((sum, one) => sum + one.frames, 0);
      result.frames = frames;
      result.simulate.push((1000 * frames) / (performance.now() - began));
      const requests = trajectories.map(encodeRequest);
      result.render.push(frames / (await measured(renderer, requests, 'read')));
      result.convert.push(frames / (await measured(renderer, requests, 'convert')));
      const { records, seconds } = await encodeAll(renderer, trajectories);
      result.encode.push(frames / seconds);
      result.write.push(frames / (await writeAll(renderer, records)));
    }
  } finally {
    await renderer.close();
  }
  return result;
}

function simulateAll(): Trajectory[] {
  return listScenarios().map((scenario) => {
    for (let attempt = 0; attempt < 50; attempt++) {
      const outcome = attemptEpisode({ scenario, slot: 0, attempt, seed: 0, fps: FPS, state: 'seed4' });
      if ('kept' in outcome) return outcome.kept;
    }
    throw new Error(`no start of ${scenario.name} was solved in 50 attempts`);
  });
}

function encodeRequest({ start, poses, frames }: Trajectory): EncodeRequest {
  const stat = {
    statFrames: statFrameIndices(frames),
    statStride: statStride(SIZE.widthPx, SIZE.heightPx),
  };
  return { start, poses, frames, fps: FPS, ...SIZE, ...stat };
}

async function measured(
  renderer: HeadlessRenderer,
  requests: readonly EncodeRequest[],
  what: 'read' | 'convert',
) {
  let seconds = 0;
  for (const request of requests) seconds += await renderer.measure(request, what);
  return seconds;
}

async function encodeAll(renderer: HeadlessRenderer, trajectories: readonly Trajectory[]) {
  const records: EpisodeRecord[] = [];
  const from = performance.now();
  for (const [slot, trajectory] of trajectories.entries()) {
    const request = encodeRequest(trajectory);
    const video = await renderer.encode(request);
    const { start, poses: _poses, detail: _detail, ...columns } = trajectory;
    const names = { key: start.seed, scenario: start.scenario, scenarioHash: '0', task: start.task };
    const numbers = { seed: 0, slot, attempt: 0, statFrames: request.statFrames.length };
    records.push({ ...columns, ...names, ...numbers, start, video });
  }
  return { records, seconds: (performance.now() - from) / 1000 };
}

/** Seconds to stage, write and publish the records, every file synced. */
async function writeAll(renderer: HeadlessRenderer, records: readonly EpisodeRecord[]): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'brickyard-bench-'));
  try {
    const out = join(folder, 'dataset');
    const from = performance.now();
    const spec = taskSpec(defaultTask, 'seed4', { fps: FPS, ...SIZE });
    const writer = await DatasetWriter.open({ out, spec });
    const staging = new StagingArea(out);
    await staging.open();
    for (const [i, record] of records.entries()) await staging.stageEpisode(i, encodeRecord(record));
    const total = records.length;
    const load = async (i: number) => decodeRecord(await staging.readStaged(i));
    const keeper = new ShardKeeper({
      writer,
      staging,
      fps: FPS,
      total,
      framesOf: (i) => records[i]?.frames,
      load,
    });
    keeper.advance();
    await keeper.settle();
    const rejects = { total: 0, by_reason: {}, by_scenario: {} };
    const counts = { episodes: total, attempts: total, rejects, rejected_starts: [] };
    const provenance = {
      command: 'bench',
      seed: 0,
      settings: {},
      versions: {},
      rendering_stack: renderer.stack,
    };
    await writer.publish({ run: { ...provenance, ...counts } });
    return (performance.now() - from) / 1000;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
