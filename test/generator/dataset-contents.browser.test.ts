/** What `gen` writes follows from scenarios, seed and settings alone, whoever does the work. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DatasetReader } from '../../dataset/reader.ts';
import { replayFinalStateHash } from '../../sim/engine/replay.ts';
import { loadTask } from '../../sim/tasks/load-task.ts';
import { gen, genOk } from './gen-process.ts';

const SMALL = ['--size', '96x64'];
let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'brickyard-contents-'));
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

/** Every file of a dataset but metadata.json, which holds the command line. */
function contents(name: string): Record<string, string> {
  const files = readdirSync(join(cwd, name), { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const paths = files
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.endsWith('metadata.json'));
  return Object.fromEntries(
    paths
      .map((path): [string, string] => [path.slice(join(cwd, name).length), readFileSync(path, 'base64')])
      .sort(),
  );
}

test('1, 2 and 8 workers write the same bytes', async () => {
  const args = [...SMALL, '--scenarios', 'one-brick,wall,start-loaded', '--episodes', '9', '--seed', '3'];
  const fingerprints = [];
  for (const workers of ['1', '2', '8'])
    fingerprints.push(
      (await genOk([...args, '--workers', workers, '--out', `w${workers}`], cwd)).fingerprint,
    );
  expect(new Set(fingerprints).size).toBe(1);
  const one = contents('w1');
  expect(Object.keys(one).length).toBeGreaterThanOrEqual(6);
  for (const other of ['w2', 'w8']) {
    const theirs = contents(other);
    expect(Object.keys(theirs)).toEqual(Object.keys(one));
    for (const [path, bytes] of Object.entries(theirs))
      expect(bytes === one[path], `${other}${path}`).toBe(true);
  }
});

test('another seed gives other starts', async () => {
  const args = [...SMALL, '--scenarios', 'one-brick', '--episodes', '2'];
  const a = await genOk([...args, '--seed', '1', '--out', 's1'], cwd);
  const b = await genOk([...args, '--seed', '2', '--out', 's2'], cwd);
  expect(a.fingerprint).not.toBe(b.fingerprint);
});

describe('--append', () => {
  test('continues slots, so that no start comes twice, and refuses other formats', async () => {
    const args = [...SMALL, '--scenarios', 'one-brick', '--episodes', '4', '--out', 'appended'];
    await genOk(args, cwd);
    const summary = await genOk([...args, '--append'], cwd);
    expect(summary.episodes).toBe(4);
    const reader = await DatasetReader.open(join(cwd, 'appended'));
    expect(reader.info.total_episodes).toBe(8);
    const rows = await reader.episodes();
    expect(rows.map((row) => row.provenance?.slot)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(new Set(rows.map((row) => row.provenance?.start)).size).toBe(8);
    const metadata = await reader.metadata();
    expect(metadata?.runs).toHaveLength(2);
    const refused = await gen([...args, '--append', '--fps', '30'], cwd);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('--fps 10');
    // Four at once or in two runs: the same episodes.
    const whole = await genOk(
      [...SMALL, '--scenarios', 'one-brick', '--episodes', '8', '--out', 'whole'],
      cwd,
    );
    expect(metadata?.fingerprint.sha256).toBe(whole.fingerprint);
  });
});

test('640x480 at 30 Hz with the full state; the stored start and actions replay to the stored state', async () => {
  const args = [
    '--scenarios',
    'start-loaded',
    '--episodes',
    '2',
    '--size',
    '640x480',
    '--fps',
    '30',
    '--state',
    'full',
  ];
  await genOk([...args, '--out', 'large', '--verify'], cwd);
  const reader = await DatasetReader.open(join(cwd, 'large'));
  expect(reader.info.fps).toBe(30);
  expect(reader.info.features['observation.images.ego'].shape).toEqual([480, 640, 3]);
  expect(reader.info.features['observation.state'].shape).toEqual([9]);
  await loadTask();
  const [path] = await reader.dataFiles();
  const { columns } = await reader.dataFile(path);
  for (const row of await reader.episodes()) {
    const executed = Float32Array.from(
      columns.executed_action.values.subarray(row.fromIndex * 4, row.toIndex * 4),
    );
    const start = JSON.parse(row.provenance!.start);
    expect(replayFinalStateHash(start, 30, executed)).toBe(row.provenance!.finalStateHash);
  }
});

test('--dry-run says what it would make and touches nothing', async () => {
  const { code, stderr, summary } = await gen(['--episodes', '52', '--dry-run', '--out', 'dry'], cwd);
  expect(code).toBe(0);
  expect(stderr).toContain('estimate: 52 episodes');
  const { by_scenario, estimate } = summary as unknown as {
    by_scenario: Record<string, number>;
    estimate: { frames: number };
  };
  expect(Object.values(by_scenario).reduce((a, b) => a + b, 0)).toBe(52);
  expect(estimate.frames).toBeGreaterThan(52 * 20);
  expect(readdirSync(cwd)).not.toContain('dry');
});

test('a scenario that cannot be done stops the run by name, exit 1, and is not written', async () => {
  const { code, stderr } = await gen(
    [...SMALL, '--scenarios', join(import.meta.dirname, 'fixtures', 'too-short.yaml'), '--out', 'hopeless'],
    cwd,
  );
  expect(code).toBe(1);
  expect(stderr).toContain('scenario too-short: only 0 of');
  expect(stderr).toContain('timeout');
  expect(readdirSync(cwd)).not.toContain('hopeless');
});
