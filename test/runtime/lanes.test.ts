import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { answerOf, type LanePool, runInLanes } from '../../runtime/lanes.ts';

const JOBS = Array.from({ length: 20 }, (_, i) => i);
const never = new AbortController().signal;

/** Runs that end when they are told to. */
function heldRuns() {
  const begun: number[] = [];
  const waiting = new Map<number, { end: () => void; fail: (error: Error) => void }>();
  const run = (job: number): Promise<void> => {
    begun.push(job);
    return new Promise((end, fail) => waiting.set(job, { end, fail }));
  };
  return { begun, waiting, run };
}

/** Ends whatever begins until nothing does. */
async function endAll(waiting: Map<number, { end: () => void }>): Promise<void> {
  for (let idle = 0; idle < 3; idle++) {
    if (waiting.size > 0) idle = -1;
    for (const [job, { end }] of waiting) {
      waiting.delete(job);
      end();
    }
    await nextTurn();
  }
}

describe('lanes', () => {
  it('keep as many jobs in flight as the pool has room for, in order', async () => {
    const { begun, waiting, run } = heldRuns();
    const all = runInLanes(JOBS, { capacity: 3 }, never, run);
    await nextTurn();
    expect(begun).toEqual([0, 1, 2]);
    waiting.get(1)!.end();
    await nextTurn();
    expect(begun).toEqual([0, 1, 2, 3]);
    await endAll(waiting);
    await all;
    expect(begun).toEqual(JOBS);
  });

  it('give work to workers that the pool starts later', async () => {
    const { begun, waiting, run } = heldRuns();
    const pool: LanePool & { capacity: number } = { capacity: 2 };
    const all = runInLanes(JOBS, pool, never, run);
    await nextTurn();
    expect(begun).toHaveLength(2);
    pool.capacity = 6;
    pool.onGrow?.();
    await nextTurn();
    expect(begun).toHaveLength(6);
    await endAll(waiting);
    await all;
    expect(begun).toEqual(JOBS);
    expect(pool.onGrow).toBeUndefined();
  });

  it('begin nothing after a stop and wait for what is in flight', async () => {
    const { begun, waiting, run } = heldRuns();
    const controller = new AbortController();
    let ended = false;
    const all = runInLanes(JOBS, { capacity: 2 }, controller.signal, run).then(() => {
      ended = true;
    });
    controller.abort();
    waiting.get(0)!.end();
    await nextTurn();
    expect({ begun, ended }).toEqual({ begun: [0, 1], ended: false });
    waiting.get(1)!.end();
    await all;
    expect(begun).toEqual([0, 1]);
  });

  it('throw the first failure once what is in flight has ended, and begin nothing after it', async () => {
    const { begun, waiting, run } = heldRuns();
    const all = runInLanes(JOBS, { capacity: 3 }, never, run);
    const refused = expect(all).rejects.toThrow('the first');
    waiting.get(2)!.fail(new Error('the first'));
    await nextTurn();
    waiting.get(0)!.fail(new Error('the second'));
    waiting.get(1)!.end();
    await refused;
    expect(begun).toEqual([0, 1, 2]);
  });
});

describe('the answer of a worker', () => {
  it('is its reply', async () => {
    expect(await answerOf({ run: async (task: number) => task + 1 }, 1)).toEqual({ reply: 2 });
  });

  it('says that the worker ended', async () => {
    const pool = { run: () => Promise.reject(new Error('gone')) };
    expect(await answerOf(pool, 1)).toMatchObject({ ended: 'worker ended: gone' });
    expect(await answerOf(pool, 1, 60)).toMatchObject({ ended: 'worker ended: gone' });
  });

  it('says that it took too long, and gives the task up', async () => {
    const pool = {
      run: (_task: number, signal?: AbortSignal) =>
        new Promise<never>((_, reject) =>
          signal?.addEventListener('abort', () => reject(new Error('aborted'))),
        ),
    };
    expect(await answerOf(pool, 1, 0.01)).toEqual({ ended: 'no end within 0.01 s' });
  });
});
