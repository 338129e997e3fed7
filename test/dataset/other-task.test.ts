/** A dataset of a robot with two controls and a task with two phases: written, validated, run again, kept apart. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { EpisodeRecord } from '../../dataset/episode-record.ts';
import { mergeDatasets } from '../../dataset/merge.ts';
import { DatasetReader } from '../../dataset/reader.ts';
import { rerunEpisode } from '../../dataset/redraw.ts';
import { reproduceCommand } from '../../dataset/reproduce.ts';
import { statFrameIndices } from '../../dataset/stat-frames.ts';
import { taskSpec } from '../../dataset/task-spec.ts';
import { DatasetWriter } from '../../dataset/writer.ts';
import { task } from '../../examples/tasks/reach-post/task.ts';
import type { PostStart } from '../../examples/tasks/reach-post/world.ts';
import { simulateEpisode } from '../../sim/engine/simulate.ts';
import { InputError } from '../../sim/errors.ts';
import { addTaskFolder, loadTask } from '../../sim/tasks/load-task.ts';
import { checkTrainingData } from '../../trainer/launch/training-data.ts';
import { madeUpVideo } from './made-up-video.ts';
import { FIXTURE_SIZE } from './patterned-video.ts';
import { FPS, madeUpRecord, RUN, SPEC } from './records.ts';
import { faultsOf, records, writeAll } from './small-dataset.ts';

const POST = taskSpec(task, 'puck', { fps: FPS, ...FIXTURE_SIZE });
const folder = mkdtempSync(join(tmpdir(), 'brickyard-other-task-'));
const root = join(folder, 'posts');

beforeAll(async () => {
  addTaskFolder(task.name, new URL('../../examples/tasks/reach-post/', import.meta.url).href);
  await loadTask(task.name);
  await write(root, [0, 1, 2].map(postRecord));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function write(out: string, some: readonly EpisodeRecord[], append = false): Promise<void> {
  const writer = await DatasetWriter.open({ out, spec: POST, append });
  await writer.writeShard(
    0,
    some.map((record) => () => record),
  );
  const shares = [{ name: 'near-post', weight: 1, hash: 'hash' }];
  const settings = { ...RUN.settings, shares, state: 'puck', taskName: task.name };
  await writer.publish({ run: { ...RUN, settings } });
}

/** What the task's expert does from a start of its own. */
function postRecord(slot: number): EpisodeRecord {
  const { visual } = madeUpRecord({ episode: 0, frames: 1, video: records[0].video }).start;
  const start: PostStart = {
    ...{ scenario: 'near-post', seed: `gen/7/${slot}/0`, task: 'Come to rest at the post.' },
    ...{ taskName: task.name, visual, timeLimitS: 10, success: { withinM: 0.4 } },
    puck: { xM: slot / 4, zM: -3, velocityMps: [0, 0] },
    post: { xM: 0.5, zM: 1 },
  };
  const { poses: _, detail: _detail, ...columns } = simulateEpisode(start, { fps: FPS, state: 'puck' });
  return {
    ...columns,
    ...{ key: start.seed, scenario: start.scenario, scenarioHash: 'hash', task: start.task },
    ...{ seed: 7, slot, attempt: 0 },
    video: madeUpVideo({ frames: columns.frames, seed: slot }),
    statFrames: statFrameIndices(columns.frames).length,
  };
}

it('says whose controls, states and phases it holds', async () => {
  const info = JSON.parse(readFileSync(join(root, 'meta/info.json'), 'utf8'));
  expect(info.robot_type).toBe('puck');
  for (const name of ['action', 'executed_action'])
    expect(info.features[name]).toMatchObject({ shape: [2], names: ['push_x', 'push_z'] });
  expect(info.features['observation.state'].names).toEqual(['x', 'z', 'speed_x', 'speed_z']);
  const metadata = JSON.parse(readFileSync(join(root, 'metadata.json'), 'utf8'));
  expect(metadata.enums.phase).toEqual(['approach', 'rest']);
  expect(metadata.columns.executed_action).toContain('what drove the puck');
});

it('is valid, and fit for training, whatever the default task is', async () => {
  expect(await faultsOf(root)).toEqual([]);
  const options = { root, minEpisodes: 1, overrides: [], cache: join(folder, 'cache') };
  expect(await checkTrainingData(options)).toMatchObject({ episodes: 3 });
});

it('is driven to the same final states again', async () => {
  const reader = await DatasetReader.open(root);
  for (const row of await reader.episodes()) {
    const { finalStateHash, outcome } = await rerunEpisode(reader, row);
    expect(finalStateHash).toBe(row.provenance?.finalStateHash);
    expect(outcome).toBe('success');
  }
});

it('is made again by a command that names its task and its layout', async () => {
  const reader = await DatasetReader.open(root);
  const [row] = await reader.episodes();
  const { runs = [] } = (await reader.metadata()) ?? {};
  expect(reproduceCommand(reader.info, row.provenance!, runs)).toMatch(
    /^brickyard gen --task reach-post --scenarios near-post .* --state puck /,
  );
});

it('takes no episode of another robot or task', async () => {
  await expect(writeAll({ out: root, append: true })).rejects.toThrow(/its controls are push_x, push_z/);
  await expect(writeAll({ out: root, append: true })).rejects.toThrow(/its phases are approach, rest/);
  const bricks = join(folder, 'bricks');
  await writeAll({ out: bricks });
  await expect(write(bricks, [postRecord(3)], true)).rejects.toThrow(InputError);
  const merged = mergeDatasets({ roots: [bricks, root], out: join(folder, 'both'), command: 'merge' });
  await expect(merged).rejects.toThrow(/it is of puck, not of wheel_loader/);
});

it('is refused where an episode does not fit what was announced', async () => {
  const record = postRecord(4);
  const out = (name: string) => join(folder, name);
  const four = { ...record, actions: new Float32Array(record.frames * 4) };
  await expect(write(out('controls'), [four])).rejects.toThrow(/actions is \d+, not \d+/);
  const third = { ...record, phases: record.phases.with(0, POST.phases.length) };
  await expect(write(out('phases'), [third])).rejects.toThrow('has no name among approach,rest');
  expect(SPEC.phases.length).toBeGreaterThan(POST.phases.length);
});
