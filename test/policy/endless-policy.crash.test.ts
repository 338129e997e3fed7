/** A graph that never answers is ended: when a policy is opened, in a rollout, and when its worker is given up. */
import { rmSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { afterEach, expect, it, vi } from 'vitest';
import { GraphEnded } from '../../policy/graph-process.ts';
import { loadPolicy } from '../../policy/policy-folder.ts';
import { PolicySession } from '../../policy/session.ts';
import { allProcesses, processStat } from '../../runtime/process-stat.ts';
import { loopModel } from '../hostile/inputs/onnx-bytes.ts';
import { alteredPolicy } from './altered-policy.ts';

const made: string[] = [];
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const children = (): number[] =>
  allProcesses()
    .filter(({ parent, state }) => parent === process.pid && state !== 'Z')
    .map(({ pid }) => pid);

it('refuses a graph that loops 2^60 times when it is opened, and leaves no process', async () => {
  const before = children();
  const policy = await loadPolicy(alteredPolicy(made, { onnx: () => loopModel(2n ** 60n) }));
  await expect(PolicySession.open(policy)).rejects.toThrow('did not answer within 3 s of CPU time');
  const added = (): number[] => children().filter((pid) => !before.includes(pid));
  await vi.waitFor(() => expect(added()).toEqual([]), { timeout: 60_000 });
});

it('ends the question that loops, and only the session that was asked it', async () => {
  const policy = await loadPolicy(alteredPolicy(made, { onnx: () => loopModel('by state') }));
  const [session, other] = [await PolicySession.open(policy), await PolicySession.open(policy)];
  const black = new Uint8Array(48 * 64 * 3);
  expect(await session.query(black, Float32Array.from([1, 2, 3, 4]))).toHaveLength(16);
  const endless = session.query(black, Float32Array.from([2000, 2, 3, 4]));
  await expect(endless).rejects.toBeInstanceOf(GraphEnded);
  expect([session.isOpen, other.isOpen]).toEqual([false, true]);
  await expect(session.query(black, Float32Array.from([1, 2, 3, 4]))).rejects.toBeInstanceOf(GraphEnded);
  expect(await other.query(black, Float32Array.from([1, 2, 3, 4]))).toHaveLength(16);
  await other.close();
});

it('ends with the thread that asked, though the graph still loops', async () => {
  const before = children();
  const folder = alteredPolicy(made, { onnx: () => loopModel('by state') });
  const worker = new Worker(new URL('../evaluator/fixtures/asks-for-ever.ts', import.meta.url), {
    workerData: folder,
  });
  await new Promise((resolve) => worker.once('message', resolve));
  // Those of earlier tests may still be ending, so only the new one counts.
  const added = children().filter((pid) => !before.includes(pid));
  expect(added).toHaveLength(1);
  await worker.terminate();
  let cpuS = 0;
  const hasEnded = (): void => {
    cpuS = Math.max(cpuS, processStat(added[0])?.cpuS ?? 0);
    expect(children()).not.toContain(added[0]);
  };
  await vi.waitFor(hasEnded, { timeout: 60_000, interval: 10 });
  // Not by its limit of 3 s, that is.
  expect(cpuS).toBeLessThan(2.5);
});
