import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { idleShare } from '../../runtime/idle-cores.ts';
import { WorkerPool } from '../../runtime/worker-pool.ts';
import type { EchoTask } from './echo-worker.ts';

const filename = fileURLToPath(new URL('./echo-worker.ts', import.meta.url));
let pool: WorkerPool<EchoTask, number, object>;

function openPool(workers: number, isIdle: boolean, { tasksPerWorker = 2, worker = filename } = {}) {
  let times = { busy: 0, idle: 0 };
  pool = new WorkerPool({
    filename: worker,
    workers,
    tasksPerWorker,
    settings: {},
    growth: {
      cores: 2,
      everyMs: 10,
      coreTimes: () => {
        times = isIdle ? { ...times, idle: times.idle + 1 } : { ...times, busy: times.busy + 1 };
        return times;
      },
    },
  });
  return pool;
}

describe('worker pool', () => {
  afterEach(() => pool.close());

  it('starts no more workers than asked for', () => {
    expect(openPool(1, true).capacity).toBe(2);
  });

  it('keeps to the cores while they are busy', async () => {
    openPool(8, false);
    const answers = await Promise.all(Array.from({ length: 12 }, () => pool.run({ waitMs: 30 })));
    expect(pool.capacity).toBe(4);
    expect(new Set(answers).size).toBe(2);
  });

  it('adds the others while cores lie idle, says so, and hands them work', async () => {
    openPool(4, true);
    const grown: number[] = [];
    await new Promise<void>((resolve) => {
      pool.onGrow = () => {
        grown.push(pool.capacity);
        if (pool.capacity === 8) resolve();
      };
    });
    expect(grown).toEqual([6, 8]);
    const arrived = new Int32Array(new SharedArrayBuffer(4));
    const together = { arrived, tasks: 8 }; // they end only when all have begun, so no worker can do more than two
    const answers = await Promise.all(Array.from({ length: 8 }, () => pool.run({ waitMs: 0, together })));
    expect(new Set(answers).size).toBe(4);
  });

  it('has one queue: a task waits for no worker in particular', async () => {
    openPool(2, false, { tasksPerWorker: 1 });
    const arrived = new Int32Array(new SharedArrayBuffer(4));
    // The first waits until all others have been done, which is for the second worker alone to do.
    const blocked = pool.run({ waitMs: 0, together: { arrived, tasks: 6 } });
    const others = await Promise.all(
      Array.from({ length: 5 }, () => pool.run({ waitMs: 0, together: { arrived, tasks: 1 } })),
    );
    expect(new Set(others).size).toBe(1);
    expect(others).not.toContain(await blocked);
  });

  it('ends the worker of a task that is given up, with the tasks beside it and no others', async () => {
    openPool(2, false);
    const arrived = new Int32Array(new SharedArrayBuffer(4));
    const limit = new AbortController();
    const ended = pool.run({ waitMs: 1e9 }, limit.signal);
    const others = [0, 1].map(() => pool.run({ waitMs: 0, together: { arrived, tasks: 3 } }));
    limit.abort();
    await expect(ended).rejects.toThrow();
    // One of a new worker is the third that they wait for.
    const answers = await Promise.all([...others, pool.run({ waitMs: 0, together: { arrived, tasks: 3 } })]);
    expect(answers).toHaveLength(3);
    expect(pool.capacity).toBe(4);
  });

  it('says so when no worker can be started, instead of keeping tasks for ever', async () => {
    const worker = fileURLToPath(new URL('./no-such-worker.ts', import.meta.url));
    openPool(2, false, { worker });
    const fault = /no-such-worker/;
    for (let tries = 0; tries < 3; tries++) await expect(pool.run({ waitMs: 0 })).rejects.toThrow(fault);
  });
});

describe('idle share', () => {
  it('is the idle part of the time between', () => {
    expect(idleShare({ busy: 10, idle: 5 }, { busy: 13, idle: 6 })).toBe(0.25);
    expect(idleShare({ busy: 10, idle: 5 }, { busy: 10, idle: 5 })).toBe(0);
  });
});
