/** A mixture through the real command: the same whoever makes it, replayable, valid, and what it is called. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DatasetReader } from '../../../dataset/reader.ts';
import { replayFinalStateHash } from '../../../sim/engine/replay.ts';
import type { BricksStart } from '../../../sim/tasks/collect-bricks/start.ts';
import { loadTask } from '../../../sim/tasks/load-task.ts';
import { gen, genOk, startCommand } from '../gen-process.ts';

const SHARES = ['--recovery-share', '0.5', '--noise-share', '0.25'];
const MIX = ['--mode', 'mix', ...SHARES, '--scenarios', 'one-brick,start-loaded'];
const ARGS = [...MIX, '--size', '96x64', '--episodes', '8', '--seed', '2'];
let cwd: string;
beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'brickyard-mix-'));
  await loadTask();
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

test('a mixture is the same from 1 worker and 2, replays, is valid, and goes on as it began', async () => {
  const one = await genOk([...ARGS, '--workers', '1', '--out', 'one', '--verify'], cwd);
  const two = await genOk([...ARGS, '--workers', '2', '--out', 'two'], cwd);
  expect(two.fingerprint).toBe(one.fingerprint);
  expect(one.by_kind).toMatchObject({
    recovery: { episodes: 4 },
    noise: { episodes: 2 },
    expert: { episodes: 2 },
  });

  const reader = await DatasetReader.open(join(cwd, 'one'));
  const found: Record<string, number> = {};
  for (const row of await reader.episodes()) {
    const { start, finalStateHash, sources, key } = row.provenance!;
    const { executed_action, action, source } = await reader.episodeColumns(row);
    const executed = Float32Array.from(executed_action.values);
    expect(replayFinalStateHash(JSON.parse(start) as BricksStart, 10, executed)).toBe(finalStateHash);
    const disturbed = executed.some((value, i) => value !== Math.fround(action.values[i]));
    expect(disturbed, key).toBe(sources.includes('noise'));
    expect(key.endsWith('/recovery'), key).toBe(source.values.every((number) => number === 2));
    found[sources.join('+')] = (found[sources.join('+')] ?? 0) + 1;
  }
  expect(found).toEqual({ recovery: 4, 'expert+noise': 2, expert: 2 });
  expect((await reader.metadata())?.runs[0]).toMatchObject({
    settings: { mode: 'mix', recoveryShare: 0.5, noiseShare: 0.25 },
    by_kind: one.by_kind,
  });

  const { code } = await startCommand(['dataset', 'validate', 'one', '--min-episodes', '1'], cwd).ended;
  expect(code).toBe(0);
  const other = await gen(['--mode', 'mix', '--recovery-share', '0.4', '--resume', '--out', 'one'], cwd);
  expect(other.code).toBe(2);
  expect(other.stderr).toContain('--recovery-share was 0.5 when the run began, now 0.4');
  const appended = await genOk([...ARGS, '--workers', '2', '--append', '--out', 'one'], cwd);
  expect(appended.episodes).toBe(8);
  const again = await startCommand(['dataset', 'validate', 'one', '--min-episodes', '1'], cwd).ended;
  expect(again.code, again.stdout).toBe(0);
}, 240_000);
