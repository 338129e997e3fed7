import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { idleShare } from '../../runtime/idle-cores.ts';
import { WorkerPool } from '../../runtime/worker-pool.ts';

const filename = fileURLToPath(new URL('./echo-worker.ts', import.meta.url));
let pool: WorkerPool<{ waitMs: number }, number, object>;

function openPool(workers: number, isIdle: boolean) {
  let times = { busy: 0, idle: 0 };
  pool = new WorkerPool({
    filename,
    workers,
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
    const answers = await Promise.all(Array.from({ length: 8 }, () => pool.run({ waitMs: 200 })));
    expect(new Set(answers).size).toBe(4);
  });
});

describe('idle share', () => {
  it('is the idle part of the time between', () => {
    expect(idleShare({ busy: 10, idle: 5 }, { busy: 13, idle: 6 })).toBe(0.25);
    expect(idleShare({ busy: 10, idle: 5 }, { busy: 10, idle: 5 })).toBe(0);
  });
});
