import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextStages } from '../../loop/plan.ts';
import { runLoop } from '../../loop/run.ts';
import type { StageRequest } from '../../loop/stages.ts';
import type { LoopState } from '../../loop/state.ts';
import { InputError, NegativeResult } from '../../sim/errors.ts';
import { type FakeBehaviour, FakeStages, fakeHost, newState } from './fake-stages.ts';

async function run(state: LoopState, behaviour: FakeBehaviour = {}) {
  const runner = new FakeStages(behaviour);
  const { host, saved, said } = fakeHost(runner);
  const result = await runLoop(state, host);
  return { result, saved, said, asked: runner.asked, state };
}

const ids = (asked: readonly StageRequest[]): string[] => asked.map(({ id }) => id);
const trainings = (asked: readonly StageRequest[]) =>
  asked.flatMap((request) => (request.kind === 'train' ? [request] : []));

describe('rounds', () => {
  it('aim, correct, merge, train on from the last, judge; fresh data beside the training before', async () => {
    const { asked, state } = await run(newState());
    expect(ids(asked)).toEqual([
      ...['00/fresh', '00/train', '01/fresh', '00/judge'],
      ...['00/aim', '01/corrections', '01/merge', '01/train', '02/fresh', '01/judge'],
      ...['01/aim', '02/corrections', '02/merge', '02/train', '02/judge'],
    ]);
    expect(state.ending?.reason).toBe('rounds');
    expect(trainings(asked).map(({ initFrom }) => initFrom)).toEqual([
      null,
      'rounds/00/run',
      'rounds/01/run',
    ]);
    const merged = asked.flatMap((request) => (request.kind === 'merge' ? [request.parts] : []));
    expect(merged.at(-1)).toEqual([
      ...['rounds/00/data/fresh', 'rounds/01/data/fresh', 'rounds/01/data/corrections'],
      ...['rounds/02/data/fresh', 'rounds/02/data/corrections'],
    ]);
  });

  it('hold the held-out conditions still and draw others for everything else', async () => {
    const { asked } = await run(newState({ finalEpisodes: 40 }));
    const seeds = (kind: string) =>
      asked.flatMap((request) => (request.kind === kind && 'seed' in request ? [request.seed] : []));
    expect(new Set(seeds('judge')).size).toBe(1);
    const others = ['aim', 'fresh', 'corrections', 'train', 'confirm'].flatMap(seeds);
    expect(new Set([...others, ...seeds('judge')]).size).toBe(others.length + 1);
  });

  it('run one after the other where there is one core, and without corrections where none are asked', async () => {
    const { asked } = await run(newState({ corrections: 0 }, { rounds: 2 }, { cores: 1, overlap: false }));
    expect(ids(asked)).toEqual([
      '00/fresh',
      '00/train',
      '00/judge',
      '01/fresh',
      '01/merge',
      '01/train',
      '01/judge',
    ]);
  });

  it('do not wait for data that is slower than a training until it is needed', async () => {
    const durationS = (request: StageRequest) => (request.id === '01/fresh' ? 500 : 10);
    const { asked, state } = await run(newState(), { durationS });
    expect(ids(asked).slice(0, 7)).toEqual([
      ...['00/fresh', '00/train', '01/fresh', '00/judge', '00/aim', '01/corrections', '01/merge'],
    ]);
    expect(state.stages.filter(({ beside }) => beside).map(({ request }) => request.id)).toContain(
      '02/fresh',
    );
  });
});

describe('a kill at any moment', () => {
  it('leads to the same stages, each asked for with the same request', async () => {
    const whole = await run(newState());
    const wanted = new Map(whole.asked.map((request) => [request.id, request]));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(), { maxLength: 6 }), async (kills) => {
        let disk = JSON.stringify(newState());
        const asked: StageRequest[] = [];
        for (const kill of kills) {
          // What is on disk at some moment of a run is all that a kill leaves of it.
          const { saved, asked: now } = await run(JSON.parse(disk) as LoopState);
          const at = saved.length === 0 ? undefined : kill % saved.length;
          if (at !== undefined) disk = saved[at];
          asked.push(...now);
        }
        const last = await run(JSON.parse(disk) as LoopState);
        asked.push(...last.asked);
        for (const request of asked) expect(request).toEqual(wanted.get(request.id));
        const done = (state: LoopState) =>
          state.stages.map(({ request, status }) => [request.id, status]).sort();
        expect(done(last.state)).toEqual(done(whole.state));
        expect(last.state.ending).toEqual(whole.state.ending);
      }),
      { numRuns: 60 },
    );
  });

  it('finds every stage that was begun in the state before it was begun', async () => {
    const runner = new FakeStages();
    let disk: LoopState | undefined;
    const save = async (state: LoopState) => {
      disk = structuredClone(state);
    };
    const { host } = fakeHost(runner, { save });
    const unseen: string[] = [];
    const start = runner.run.bind(runner);
    runner.run = (request) => {
      const known = disk?.stages.find(({ request: { id } }) => id === request.id);
      if (known?.status !== 'begun') unseen.push(request.id);
      return start(request);
    };
    await runLoop(newState(), host);
    expect(unseen).toEqual([]);
  });

  it('of a finished loop asks for nothing', async () => {
    const { state } = await run(newState({ finalEpisodes: 40 }));
    expect((await run(state)).asked).toEqual([]);
    state.limits.rounds++;
    state.ending = null;
    expect(ids((await run(state)).asked)).toContain('03/train');
  });
});

describe('a loop ends', () => {
  it('at the target, when the lower end of the interval reaches it', async () => {
    const rate = (round: number) => [0.5, 0.9, 1][round];
    const { state } = await run(newState({}, { target: 0.85, rounds: 9 }), { rate });
    expect(state.ending).toMatchObject({ reason: 'target' });
    expect(state.ending?.sentence).toContain('round 2 succeeded in 40 of 40');
  });

  it('when the rounds since the best rule a gain out, and not before', async () => {
    const limits = { rounds: 30, marginPoints: 15 };
    const falling = await run(newState({}, limits), { rate: (round) => (round === 0 ? 0.8 : 0.5) });
    expect(falling.state.ending?.reason).toBe('no improvement');
    expect(trainings(falling.asked)).toHaveLength(3);
    const rising = await run(newState({}, { ...limits, rounds: 8 }), { rate: (round) => 0.3 + 0.05 * round });
    expect(rising.state.ending?.reason).toBe('rounds');
  });

  it('before a round that does not fit into the budget, with time for the last rollouts', async () => {
    const { state, asked } = await run(newState({ finalEpisodes: 40 }, { budgetS: 500, rounds: 30 }));
    expect(state.ending?.reason).toBe('budget');
    expect(ids(asked).at(-1)).toMatch(/confirm/);
    expect(state.elapsedS).toBeLessThanOrEqual(500);
    expect(ids(asked)).toContain('01/judge');
  });

  it('before its first training when measuring shows that the budget cannot hold it', async () => {
    const { state, asked } = await run(newState({ firstSteps: 100_000 }, { budgetS: 2000 }));
    expect(ids(asked)).toEqual(['00/fresh', '00/measure']);
    expect(state.ending?.sentence).toMatch(/round 0 takes about 42 min .*train/);
  });

  it('never begins data for a round that the budget does not hold', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 200, max: 1200 }), async (budgetS) => {
        const limits = { budgetS, rounds: 50, marginPoints: 0.1 };
        const { state } = await run(newState({}, limits));
        for (const { request, beside, status } of state.stages)
          if (beside && status !== 'done') expect(request.id).toBe('none is left unfinished');
        expect(state.elapsedS).toBeLessThanOrEqual(budgetS + 300);
        expect(state.ending?.reason).toBe('budget');
      }),
      { numRuns: 30 },
    );
  });
});

describe('a training that diverges', () => {
  it('is tried again from the same start, more gently, and the loop goes on', async () => {
    const diverges = ({ round, attempt }: { round: number; attempt: number }) => round === 1 && attempt < 3;
    const { asked, state, said } = await run(newState(), { diverges });
    const ofRound = trainings(asked).filter(({ round }) => round === 1);
    expect(ofRound.map(({ lr }) => lr)).toEqual([5e-4, 1.5e-4, 4.5e-5]);
    expect(new Set(ofRound.map(({ initFrom }) => initFrom))).toEqual(new Set(['rounds/00/run']));
    expect(new Set(ofRound.map(({ out }) => out)).size).toBe(3);
    expect(trainings(asked).at(-1)?.initFrom).toBe('rounds/01/run-3');
    expect(said.filter((line) => line.includes('diverged after'))).toHaveLength(2);
    expect(state.ending?.reason).toBe('rounds');
  });

  it('three times ends the loop with the last good policy', async () => {
    const { state, asked } = await run(newState({ finalEpisodes: 40 }), {
      diverges: ({ round }) => round === 2,
    });
    expect(state.ending?.reason).toBe('diverged');
    expect(state.ending?.sentence).toContain('the policy of round 1 is kept');
    expect(ids(asked).at(-1)).toBe('01/confirm');
    const first = await run(newState(), { diverges: () => true });
    expect(first.state.ending?.sentence).toContain('there was no policy yet');
  });

  it('or became worse than the best is not gone on from', async () => {
    const rate = (round: number) => (round === 1 ? 0.1 : 0.6);
    const { asked } = await run(newState({ heldOutEpisodes: 40 }), { rate });
    expect(trainings(asked).map(({ initFrom }) => initFrom)).toEqual([
      null,
      'rounds/00/run',
      'rounds/00/run',
    ]);
    const aimed = asked.find(({ id }) => id === '01/aim');
    expect(aimed).toMatchObject({ policy: 'rounds/00/run/checkpoints/final/policy' });
  });
});

describe('corrections', () => {
  it('that could not be made are left out of that round, and of all later data', async () => {
    const runner = new FakeStages();
    const start = runner.run.bind(runner);
    runner.run = (request) =>
      request.id === '01/corrections'
        ? Promise.resolve({ kind: 'unusable', message: 'only 1 of 20', cpuS: 1, idleS: 1 })
        : start(request);
    const state = newState();
    const { host, said } = fakeHost(runner);
    expect(await runLoop(state, host)).toBe('done');
    const parts = runner.asked.flatMap((request) =>
      request.kind === 'merge' ? [request.parts.join(' ')] : [],
    );
    expect(parts[1]).toBe(
      'rounds/00/data/fresh rounds/01/data/fresh rounds/02/data/fresh rounds/02/data/corrections',
    );
    expect(said.some((line) => line.includes('left out after') && line.includes('only 1 of 20'))).toBe(true);
  });

  it('are made on ordinary starts where nothing failed', async () => {
    const { asked } = await run(newState({}, { rounds: 2 }), { rate: () => 1 });
    const made = asked.find(({ kind }) => kind === 'corrections');
    expect(made).toMatchObject({ report: null });
  });
});

describe('a stage that cannot go on', () => {
  const failing = (badInput: boolean) => {
    const runner = new FakeStages();
    const start = runner.run.bind(runner);
    runner.run = (request) =>
      request.id === '00/judge'
        ? Promise.resolve({ kind: 'failed', message: 'no', badInput, cpuS: null, idleS: null })
        : start(request);
    return runner;
  };

  it.each([
    [true, InputError],
    [false, NegativeResult],
  ])('ends the command, and the same stage comes next (bad input: %s)', async (badInput, kind) => {
    const state = newState();
    const { host, saved } = fakeHost(failing(badInput));
    await expect(runLoop(state, host)).rejects.toThrow(kind);
    const kept = JSON.parse(saved.at(-1)!) as LoopState;
    expect(nextStages(kept, kept.elapsedS).stages.map(({ request }) => request.id)).toContain('00/judge');
    // Data that was being made beside is asked to end and is gone on with.
    expect(kept.stages.every(({ spans }) => spans.every(({ toS }) => toS !== null))).toBe(true);
    expect((await run(kept)).state.ending?.reason).toBe('rounds');
  });

  it('is a state that the disk does not take, too', async () => {
    let left = 3;
    const save = async () => {
      if (left-- <= 0) throw new NegativeResult('the disk is full');
    };
    const { host } = fakeHost(new FakeStages(), { save });
    await expect(runLoop(newState(), host)).rejects.toThrow('the disk is full');
  });
});

it('stops whenever it is asked to', async () => {
  const whole = (await run(newState())).saved.length;
  for (let at = 0; at < whole; at++) {
    const controller = new AbortController();
    const runner = new FakeStages();
    let saves = 0;
    const save = async () => {
      if (saves++ === at) controller.abort();
    };
    const { host } = fakeHost(runner, { save, stop: controller.signal });
    const result = await runLoop(newState(), host);
    expect(result).toBe(at === whole - 1 ? 'done' : 'interrupted');
  }
});

it('stops when asked to, with everything kept', async () => {
  const controller = new AbortController();
  const runner = new FakeStages();
  const start = runner.run.bind(runner);
  runner.run = (request) => {
    const result = start(request);
    if (request.id === '01/merge') queueMicrotask(() => controller.abort());
    return result;
  };
  const state = newState();
  const { host, saved } = fakeHost(runner, { stop: controller.signal });
  expect(await runLoop(state, host)).toBe('interrupted');
  const kept = JSON.parse(saved.at(-1)!) as LoopState;
  expect(kept.stages.at(-1)).toMatchObject({ request: { id: '01/merge' }, status: 'begun' });
});
