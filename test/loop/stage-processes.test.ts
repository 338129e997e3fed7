/** What a loop makes of how a stage's process ended; a program in place of ours says what it is told to. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StageProcesses } from '../../loop/stage-processes.ts';
import { assertSucceeded } from '../../loop/stage-work.ts';
import type { RequestOf, StageRequest } from '../../loop/stages.ts';
import { FAILURE_KINDS, failureOf } from '../../runtime/failure.ts';
import type { RemoteSummary } from '../../trainer/launch/remote/train-remotely.ts';
import { newState } from './fake-stages.ts';

const REQUEST: RequestOf<'train'> = {
  ...{ kind: 'train', id: '00/train', round: 0, out: 'rounds/00/run', dataset: 'rounds/00/data/fresh' },
  ...{ steps: 10, seed: 3, attempt: 1, lr: 1e-3, initFrom: null },
};
const CORRECTIONS: RequestOf<'corrections'> = {
  ...{ kind: 'corrections', id: '01/corrections', round: 1, out: 'rounds/01/data/corrections' },
  ...{ episodes: 4, seed: 9, policy: 'rounds/00/run/checkpoints/last/policy', report: null },
};
const FACTS = { steps: 10, lossFirst: 2, lossLast: 1, policy: 'rounds/00/run/policy' };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'brickyard-loop-'));
});
afterEach(() => {
  delete process.env.BRICKYARD_STUB;
  rmSync(folder, { recursive: true, force: true });
});

/** A stage whose process says `events`. */
function work(
  ending: { events: object[]; code?: number; signal?: NodeJS.Signals },
  request: StageRequest = REQUEST,
  provider = 'ssh',
) {
  const { content, machine } = newState({}, {}, { provider });
  process.env.BRICKYARD_STUB = JSON.stringify({ folder, ...ending });
  const elsewhere = { folder: join(folder, 'yard'), loopId: 'x' };
  const entry = join(import.meta.dirname, 'stage-stub.ts');
  const stages = new StageProcesses({ out: folder, content, machine, elsewhere, onText: () => {}, entry });
  return stages.run(request, { niceness: 0, workers: null });
}

const failure = (kind: string, message = 'so it is') => ({ event: 'failure', kind, message });
const asked = () => JSON.parse(readFileSync(join(folder, 'asked.json'), 'utf8'));
const log = (name = 'rounds/00/logs/train.log'): string => readFileSync(join(folder, name), 'utf8');

describe('a stage', () => {
  it('is done with what its process says, whatever stands between', async () => {
    const events = [
      { event: 'text', text: 'one\ntwo' },
      { event: 'result', result: FACTS },
    ];
    expect(await work({ events }, REQUEST, 'local')).toMatchObject({ kind: 'done', facts: FACTS });
    expect(asked()).toMatchObject({
      request: REQUEST,
      out: folder,
      resumable: false,
      task: 'collect-bricks',
    });
    expect(log()).toMatch(/^\$ brickyard train --dataset /);
    expect(log().split('\n')).toEqual(expect.arrayContaining(['one', 'two', 'of the library', '{not json}']));
  });

  const ends: Record<string, object> = {
    'bad-input': { kind: 'failed', badInput: true, message: 'so it is' },
    refused: { kind: 'failed', badInput: true, message: 'so it is' },
    'disk-full': { kind: 'failed', badInput: false, message: 'so it is' },
    negative: { kind: 'failed', badInput: false, message: 'so it is' },
    diverged: { kind: 'unusable', message: 'so it is' },
    'out-of-memory': { kind: 'failed', badInput: false, message: 'so it is' },
    interrupted: { kind: 'interrupted' },
    bug: { kind: 'failed', badInput: false, message: 'so it is' },
  };
  it.each(FAILURE_KINDS)('that fails with %s', async (kind) => {
    expect(await work({ events: [failure(kind)], code: 1 })).toMatchObject(ends[kind]);
    expect(log()).toContain('\nbrickyard: so it is\n');
  });

  it('that fails twice, fails by the first', async () => {
    const events = [failure('diverged', 'first'), failure('interrupted', 'second')];
    expect(await work({ events, code: 130 })).toMatchObject({ kind: 'unusable', message: 'first' });
  });

  it('of corrections that cannot be made is left out', async () => {
    expect(await work({ events: [failure('negative')], code: 1 }, CORRECTIONS)).toMatchObject({
      ...{ kind: 'unusable', message: 'so it is' },
    });
    expect(await work({ events: [failure('bad-input')], code: 2 }, CORRECTIONS)).toMatchObject({
      ...{ kind: 'failed', badInput: true },
    });
  });

  it.each(['SIGKILL', 'SIGTERM'] as const)('that is ended by %s was interrupted', async (signal) => {
    const events = [{ event: 'text', text: 'under way' }];
    expect(await work({ events, signal }, CORRECTIONS)).toMatchObject({ kind: 'interrupted' });
  });

  it('that ends without a word failed, with the last thing that it said', async () => {
    const events = [{ event: 'text', text: 'the last thing' }];
    expect(await work({ events, code: 3 })).toMatchObject({ kind: 'failed', message: 'the last thing' });
    expect(await work({ events })).toMatchObject({ kind: 'failed', badInput: false });
  });
});

describe('a training elsewhere', () => {
  it('stands where the loop was begun, and shows the command that a person would type', async () => {
    expect(await work({ events: [failure('negative', 'run x capped')], code: 1 })).toMatchObject({
      ...{ kind: 'failed', badInput: false, message: 'run x capped' },
    });
    expect(asked()).toMatchObject({ cwd: join(folder, 'yard'), resumable: false });
    expect(log()).toMatch(/^\$ brickyard train --provider ssh .*--run-id x-round-00 /);
  });

  it('goes on with what was begun there', async () => {
    mkdirSync(join(folder, 'yard/runs/x-round-00'), { recursive: true });
    writeFileSync(join(folder, 'yard/runs/x-round-00/plan.json'), '{}');
    expect(await work({ events: [failure('interrupted')], code: 130 })).toMatchObject({
      kind: 'interrupted',
    });
    expect(asked()).toMatchObject({ resumable: true });
    expect(log()).toMatch(/^\$ brickyard train resume x-round-00 --json\n/);
  });

  const SUMMARY: RemoteSummary = {
    ...{ run: 'x-round-00', folder: '/runs/x', outcome: 'failed', reason: 'why', failure: null, left: [] },
    ...{ clean_up: 'done', step: 1, checkpoint: null, cost_usd: null, hours: 1, outputs: null, faults: [] },
  };
  const thrown = (changes: Partial<RemoteSummary>) => {
    try {
      assertSucceeded({ ...SUMMARY, ...changes });
      return undefined;
    } catch (error) {
      return failureOf(error);
    }
  };

  it('stops with the reason and what may still cost money', () => {
    expect(thrown({ outcome: 'capped', reason: '--max-hours 1 is near', left: ['box-1'] })).toEqual({
      kind: 'negative',
      message: 'run x-round-00 capped: --max-hours 1 is near; box-1 was NOT cleaned up and may cost money',
    });
    expect(thrown({ outcome: 'succeeded' })).toBeUndefined();
    expect(thrown({ outcome: 'succeeded', faults: ['no policy'] })).toMatchObject({ kind: 'negative' });
    expect(thrown({ outcome: 'interrupted' })).toMatchObject({ kind: 'interrupted' });
  });

  it('diverged where its trainer said so', () => {
    const message = 'the loss or its gradient is nan at step 7';
    const reason = '4 attempts in a row ended without a new checkpoint';
    expect(thrown({ reason, failure: { kind: 'diverged', message } })).toEqual({ kind: 'diverged', message });
    expect(thrown({ reason })).toMatchObject({ kind: 'negative' });
  });
});
