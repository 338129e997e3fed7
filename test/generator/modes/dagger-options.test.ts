import { beforeAll, describe, expect, test } from 'vitest';
import type { KeptEpisode } from '../../../generator/messages.ts';
import { countDagger, daggerLines } from '../../../generator/modes/dagger-counts.ts';
import { parseDaggerOptions, type RawDaggerOptions } from '../../../generator/modes/dagger-options.ts';
import {
  type DaggerRecord,
  daggerDifferences,
  daggerProvenance,
  daggerShares,
} from '../../../generator/modes/dagger-record.ts';
import { loadTask } from '../../../sim/tasks/load-task.ts';

beforeAll(() => loadTask());

const faultsOf = (mode: string, raw: RawDaggerOptions): string[] => {
  const faults: string[] = [];
  parseDaggerOptions(mode, raw, faults);
  return faults;
};

describe('the options of --mode dagger', () => {
  test('have defaults', () => {
    const faults: string[] = [];
    const request = parseDaggerOptions('dagger', { checkpoint: 'runs/first@best' }, faults);
    expect(faults).toEqual([]);
    expect(request).toEqual({
      checkpoint: 'runs/first@best',
      beta: 0.1,
      actionSteps: undefined,
      aim: undefined,
    });
  });

  test('aim by a report, its share and its weights', () => {
    const raw = {
      checkpoint: 'p',
      fromReport: 'r/results.jsonl',
      labelWeights: 'WALL_STUCK:3, SPINNING:0.5',
    };
    expect(parseDaggerOptions('dagger', raw, [])?.aim).toEqual({
      report: 'r/results.jsonl',
      everythingElse: 0.3,
      labelWeights: { WALL_STUCK: 3, SPINNING: 0.5 },
    });
  });

  test.each<[RawDaggerOptions, string]>([
    [{}, '--mode dagger needs --checkpoint'],
    [{ checkpoint: 'p', beta: '1.1' }, '--beta must be a number from 0 to 1, got "1.1"'],
    [{ checkpoint: 'p', beta: 'x' }, 'got "x"'],
    [{ checkpoint: 'p', beta: '' }, 'got ""'],
    [{ checkpoint: 'p', actionSteps: '0' }, '--action-steps must be a whole number from 1'],
    [{ checkpoint: 'p', actionSteps: '2.5' }, 'got "2.5"'],
    [{ checkpoint: 'p', everythingElse: '0.3' }, '--everything-else goes with --from-report'],
    [{ checkpoint: 'p', fromReport: 'r', everythingElse: '-1' }, '--everything-else must be a number'],
    [{ checkpoint: 'p', fromReport: 'r', labelWeights: 'STUCK:1' }, '"STUCK" is no label of a failure'],
    [{ checkpoint: 'p', fromReport: 'r', labelWeights: 'SPINNING' }, 'must be LABEL:WEIGHT'],
    [{ checkpoint: 'p', fromReport: 'r', labelWeights: 'SPINNING:1e9' }, 'a weight from 0 to 1000'],
  ])('%j is refused', (raw, text) => {
    const faults = faultsOf('dagger', raw);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(text);
  });

  test('mean nothing in another mode', () => {
    expect(faultsOf('expert', {})).toEqual([]);
    expect(faultsOf('noise', { checkpoint: 'p', beta: '0.5' })).toEqual([
      '--checkpoint means nothing in --mode noise: leave it out, or use --mode dagger',
      '--beta means nothing in --mode noise: leave it out, or use --mode dagger',
    ]);
  });
});

const record = (changes: Partial<DaggerRecord> = {}): DaggerRecord => ({
  student: {
    folder: '/home/somebody/runs/first/checkpoints/001000/policy',
    label: 'first-001000',
    onnx_sha256: 'a'.repeat(64),
    ...{ fps: 10, state: 'seed4', widthPx: 320, heightPx: 240, actionSteps: 8 },
  },
  beta: 0.1,
  ...changes,
});

const place = { loader: { xM: 0, zM: 0, headingRad: 0, liftM: 0, tiltRad: 0 }, bricks: [] };
const failure = { condition: 'c', scenario: 'wall', label: 'WALL_STUCK', start: place, before: [] };
const aim: DaggerRecord['aim'] = {
  report: {
    sha256: 'b'.repeat(64),
    suite: 's',
    suite_hash: 'h',
    onnx_sha256: null,
    failures: { WALL_STUCK: 1 },
  },
  pool: { everythingElse: 0.3, labelWeights: {}, failures: [failure] },
  ordinary: { wall: 0.2, corner: 1 },
};

describe('what a run begins with', () => {
  test('is compared with what it goes on with', () => {
    expect(daggerDifferences(record(), record())).toEqual([]);
    expect(daggerDifferences(record({ aim }), record({ aim }))).toEqual([]);
    const moved = record({ student: { ...record().student, folder: '/elsewhere' } });
    expect(daggerDifferences(record(), moved)).toEqual([]);
    const other = record({ beta: 0, student: { ...record().student, onnx_sha256: 'c'.repeat(64) }, aim });
    expect(daggerDifferences(record(), other)).toEqual([
      'the policy of --checkpoint was aaaaaaaaaaaa when the run began, now cccccccccccc',
      '--beta was 0.1 when the run began, now 0',
      'the results of --from-report was none when the run began, now bbbbbbbbbbbb',
      '--everything-else was none when the run began, now 0.3',
    ]);
    expect(daggerDifferences(undefined, record())).toEqual(['no student drove when the run began']);
  });

  test('is told in metadata.json without paths', () => {
    const text = JSON.stringify(daggerProvenance(record({ aim })));
    expect(text).toContain('"beta":0.1');
    expect(text).toContain('one thread');
    expect(text).toContain('"WALL_STUCK":1');
    expect(text).not.toContain('/home/');
  });

  test('moves the shares only when aimed', () => {
    const shares = [
      { name: 'wall', weight: 1 },
      { name: 'corner', weight: 1 },
    ];
    expect(daggerShares(shares, record())).toEqual(shares);
    const moved = daggerShares(shares, record({ aim })).map(({ weight }) => weight);
    expect(moved[0]).toBeCloseTo(0.85, 9);
    expect(moved[1]).toBeCloseTo(0.15, 9);
  });
});

describe('the summary', () => {
  const kept = (handover: 'drawn' | 'collision', aimed?: string): KeptEpisode => ({
    ...{ scenario: 'wall', attempt: 0, frames: 60, stagedBytes: 1, finalStateHash: 'f', kind: 'dagger' },
    dagger: { handover, ...(aimed ? { aimed } : {}), driven: { student: 80, expert: 8 }, queries: 10 },
  });
  const failed = { scenario: 'wall', slot: 4, attempt: 1, detail: 'timeout', kind: 'dagger' };

  test('counts hand-overs, aims and what the expert did not solve', () => {
    const counts = countDagger(
      [kept('drawn'), kept('collision', 'WALL_STUCK'), kept('collision')],
      [failed, { ...failed, kind: 'noise' }],
      'brickyard gen --mode dagger --checkpoint p',
    )!;
    expect(counts).toMatchObject({
      handovers: { drawn: 1, collision: 2 },
      aimed: { WALL_STUCK: 1, ordinary: 2 },
      driven_frames: { student: 240, expert: 24 },
      queries: 30,
    });
    expect(counts.expert_bugs.map(({ command }) => command)).toEqual([
      'brickyard gen --mode dagger --checkpoint p --attempt wall/4/1',
    ]);
    expect(daggerLines(counts).join('\n')).toContain('--attempt wall/4/1   # timeout');
  });

  test('says nothing where no student drove', () => {
    const { dagger: _, ...expert } = kept('drawn');
    expect(countDagger([expert], [], '')).toBeUndefined();
  });
});
