/** Which checkpoints are rolled out beside a training, in which order, and what is left on the disk. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { linkBestSuccess, readSuccess } from '../../policy/checkpoint-success.ts';
import type { ProcessEnd } from '../../runtime/own-process.ts';
import {
  type CheckpointRollout,
  CheckpointRollouts,
  type RolledOut,
  type StartRollout,
} from '../../trainer/launch/checkpoint-rollouts.ts';
import {
  dueCheckpoints,
  type EvaluationPlan,
  planEvaluation,
  readPlan,
  writePlan,
} from '../../trainer/launch/evaluation-plan.ts';

let run: string;
let plan: EvaluationPlan;
beforeEach(() => {
  run = mkdtempSync(join(tmpdir(), 'brickyard-rollouts-'));
  mkdirSync(join(run, 'checkpoints'));
  plan = { ...planEvaluation({ suite: 'smoke', overrides: [] })!, exported: [] };
});
afterEach(() => rmSync(run, { recursive: true, force: true }));

/** A checkpoint with its policy folder. */
function makeCheckpoint(step: number): string {
  const name = `${step}`.padStart(6, '0');
  mkdirSync(join(run, 'checkpoints', name, 'policy'), { recursive: true });
  writeFileSync(join(run, 'checkpoints', name, 'policy', 'policy.json'), '{}');
  return name;
}

const links = () => readdirSync(join(run, 'checkpoints')).filter((name) => name.startsWith('rollout-'));

const common = { say: () => {}, countIdleCores: async () => 1 };

/** Rollouts that end when told to; `successes` of 20. */
function fakeRollouts() {
  const begun: { name: string; options: CheckpointRollout['options']; niceness?: number }[] = [];
  const ends: ((code: number, successes?: number) => void)[] = [];
  const interrupted: string[] = [];
  const startRollout: StartRollout = ({ options, niceness }) => {
    const name = options.checkpoints[0].split('/').at(-2)!;
    begun.push({ name, options, niceness });
    const ended = new Promise<ProcessEnd<RolledOut[]>>((resolve) => {
      ends.push((code, successes = 0) => {
        const { suite_hash } = plan;
        const result: RolledOut[] = [{ episodes: 20, successes, errors: 0, wilson: [0, 1], suite_hash }];
        const kind = code === 130 ? 'interrupted' : 'bad-input';
        if (code === 0) resolve({ kind: 'done', result });
        else resolve({ kind: 'failed', failure: { kind, message: 'brickyard: the reason' } });
      });
    });
    return { pid: 1, ended, interrupt: (): void => void interrupted.push(name), kill: () => {} };
  };
  /** Until the n-th is under way. */
  const wait = async (n: number): Promise<void> => {
    for (let tries = 0; begun.length < n && tries < 500; tries++)
      await new Promise((done) => setTimeout(done, 1));
    expect(begun).toHaveLength(n);
  };
  return { begun, ends, interrupted, startRollout, wait };
}

describe('the plan', () => {
  it('is every n-th export and the last', () => {
    const exported = ['1', '2', '3', '4', '5'];
    expect(dueCheckpoints({ ...plan, every: 2, exported })).toEqual(['2', '4']);
    expect(dueCheckpoints({ ...plan, every: 2, exported }, '5')).toEqual(['2', '4', '5']);
    expect(dueCheckpoints({ ...plan, every: 1, exported }, '5')).toEqual(exported);
  });
  it('goes on with a resumed run, on its suite alone', () => {
    expect(planEvaluation({ overrides: [], resume: run })).toBeUndefined();
    writePlan(run, { ...plan, every: 3, exported: ['000100'] });
    expect(planEvaluation({ overrides: [], resume: run })).toEqual(readPlan(run));
    expect(planEvaluation({ every: '1', overrides: [], resume: run })).toMatchObject({ every: 1 });
    expect(planEvaluation({ suite: 'none', overrides: [], resume: run })).toBeUndefined();
    expect(() => planEvaluation({ suite: 'walls', overrides: [], resume: run })).toThrow(/other conditions/);
  });
  it.each([
    [{ every: '2', overrides: [] }, /--eval-every is for --eval SUITE/],
    [{ suite: 'smoke', every: '0', overrides: [] }, /--eval-every must be a whole number from 1, got "0"/],
    [{ suite: 'smok', overrides: [] }, /suite "smok" is not known.*smoke/],
    [{ suite: './none-such.yaml', overrides: [] }, /none-such\.yaml/],
    [{ suite: 'smoke', overrides: ['checkpoint.export=none'] }, /leave checkpoint\.export=none out/],
  ])('refuses %o', (options, message) => {
    expect(() => planEvaluation(options)).toThrow(message);
  });
});

describe('rollouts beside a training', () => {
  it('take the newest next, drop none, and a link keeps those that wait', async () => {
    const { begun, ends, startRollout, wait } = fakeRollouts();
    const said: string[] = [];
    const rollouts = new CheckpointRollouts({
      ...common,
      run,
      plan,
      startRollout,
      say: (line) => said.push(line),
    });
    for (const step of [10, 20, 30]) {
      const name = makeCheckpoint(step);
      rollouts.exported(name);
      rollouts.verified(name);
      if (step === 10) await wait(1);
    }
    expect(links()).toEqual(['rollout-000010', 'rollout-000020', 'rollout-000030']);
    expect(readlinkSync(join(run, 'checkpoints/rollout-000020'))).toBe('000020');
    ends[0](0, 3);
    await wait(2);
    ends[1](0, 9);
    await wait(3);
    expect(links()).toEqual(['rollout-000020']);
    expect(begun.map(({ name, niceness }) => [name, niceness])).toEqual([
      ['000010', 10],
      ['000030', 10],
      ['000020', 10],
    ]);
    ends[2](0, 5);
    rollouts.trainingEnded('000030');
    await rollouts.idle();
    expect(links()).toEqual([]);
    expect(readSuccess(run)).toMatchObject({ '000010': { successes: 3 }, '000030': { successes: 9 } });
    expect(readlinkSync(join(run, 'checkpoints/best_success'))).toBe('000030');
    expect(said).toHaveLength(3);
    expect(said[1]).toMatch(/^step 30: 9 of 20 succeed \(45\.0 %, .*the best so far$/);
    expect(rollouts.faults).toEqual([]);
  });
  it('that fail beside it are tried once more after it; then they are faults', async () => {
    const { begun, ends, startRollout, wait } = fakeRollouts();
    const rollouts = new CheckpointRollouts({ ...common, run, plan, startRollout });
    rollouts.exported(makeCheckpoint(10));
    rollouts.verified('000010');
    await wait(1);
    ends[0](2);
    await rollouts.idle();
    expect(rollouts.faults).toEqual([]);
    rollouts.trainingEnded('000010');
    await wait(2);
    expect(begun[1].niceness).toBeUndefined();
    ends[1](2);
    await rollouts.idle();
    expect(rollouts.faults).toEqual(['the policy of step 10 was not rolled out: brickyard: the reason']);
    expect(links()).toEqual([]);
  });
  it('go on in a later process: what was exported while nobody listened counts, what is done does not', async () => {
    const first = fakeRollouts();
    const killed = new CheckpointRollouts({ ...common, run, plan, startRollout: first.startRollout });
    killed.exported(makeCheckpoint(10));
    killed.verified('000010');
    await first.wait(1);
    killed.stop();
    expect(first.interrupted).toEqual(['000010']);
    first.ends[0](130);
    await killed.idle();
    expect(links()).toEqual(['rollout-000010']);
    makeCheckpoint(20);
    linkBestSuccess(run, '000010');

    const second = fakeRollouts();
    const resumed = planEvaluation({ overrides: [], resume: run })!;
    const rollouts = new CheckpointRollouts({
      ...common,
      run,
      plan: resumed,
      startRollout: second.startRollout,
    });
    expect(readPlan(run)!.exported).toEqual(['000010', '000020']);
    await second.wait(1);
    second.ends[0](0, 1);
    await second.wait(2);
    expect(second.begun.map(({ name }) => name)).toEqual(['000020', '000010']);
    const folder = (name: string, { begun }: typeof first) => {
      return begun.find((one) => one.name === name)!.options.out;
    };
    expect(folder('000010', second)).toBe(folder('000010', first));
    second.ends[1](0, 1);
    await rollouts.idle();
    expect(readlinkSync(join(run, 'checkpoints/best_success'))).toBe('000010');
    expect(existsSync(join(run, 'checkpoints/rollout-000010'))).toBe(false);
  });
});
