import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LOOP_MARK } from '../../loop/leftovers.ts';
import { type LoopState, readState } from '../../loop/state.ts';
import type { LoopSummary } from '../../loop/summary.ts';
import { loadPolicy } from '../../policy/policy-folder.ts';
import { processesWith } from '../../runtime/process-stat.ts';
import { type Ended, startCommand, until } from '../generator/gen-process.ts';
import { testPython } from '../python.ts';

const TINY = [
  ...['loop', '--out', 'loop', '--scenarios', 'one-brick', '--size', '96x64', '--rounds', '2', '--json'],
  ...['--mode', 'expert', '--first-episodes', '4', '--episodes', '2', '--corrections', '0'],
  ...['--first-steps', '20', '--steps', '10', '--held-out-episodes', '4', '--final-episodes', '0'],
  ...['training.batch_size=4', 'training.log_every=5'],
];

let folder: string;
beforeAll(() => {
  testPython();
  folder = mkdtempSync(join(tmpdir(), 'brickyard-loop-'));
  process.env.XDG_CACHE_HOME = join(folder, 'cache');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const state = (): LoopState | undefined => readState(join(folder, 'loop/state.json'));
const status = (id: string): string | undefined =>
  state()?.stages.find(({ request }) => request.id === id)?.status;
const summaryOf = ({ stdout }: Ended): LoopSummary => JSON.parse(stdout.trim().split('\n').at(-1)!);

it('goes on after a kill -9 in the middle of a training, to a policy that runs', {
  timeout: 600_000,
}, async () => {
  const killed = startCommand(TINY, folder);
  await until(() => status('00/train') === 'begun', 'the first training', 120);
  killed.child.kill('SIGKILL');
  await killed.ended;
  const before = state()!;
  expect(status('00/fresh')).toBe('done');

  const ended = await startCommand(TINY, folder).ended;
  expect(ended.code, ended.stderr).toBe(0);
  const summary = summaryOf(ended);
  expect(summary).toMatchObject({ rounds: 2, stopped: 'rounds', best: { episodes: 4 } });
  const left = (): number[] => processesWith(LOOP_MARK, join(folder, 'loop'));
  await until(() => left().length === 0, 'the end of all that it started');

  const { stages } = state()!;
  expect(stages.map(({ request }) => request.id).sort()).toEqual(
    ['00/fresh', '00/judge', '00/train', '01/fresh', '01/judge', '01/merge', '01/train'].sort(),
  );
  expect(stages[0]).toEqual(before.stages[0]);
  const merged = stages.find(({ request }) => request.kind === 'merge');
  expect(merged?.facts).toMatchObject({ episodes: 6 });
  const { contract } = await loadPolicy(summary.policy!);
  const learned = summary.best?.round === 0 ? '00/fresh' : '01/merge';
  const data = stages.find(({ request }) => request.id === learned);
  expect(data?.facts).toMatchObject({ fingerprint: contract.dataset.fingerprint });
  const page = readFileSync(summary.page, 'utf8');
  expect(page).toContain(`${4 * summary.best!.success_rate} / 4`);

  const again = await startCommand(TINY, folder).ended;
  expect(again.code, again.stderr).toBe(0);
  expect(summaryOf(again)).toEqual({ ...summary, wall_s: expect.any(Number) });
  expect(state()!.stages).toEqual(stages);
});
