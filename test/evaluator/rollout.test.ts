/** Parts of a rollout that need neither browser nor policy runtime. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runRollouts } from '../../evaluator/rollout/run.ts';
import { parseRolloutOptions } from '../../evaluator/rollout/settings.ts';
import { summarize } from '../../evaluator/rollout/summary.ts';
import { TimeLedger } from '../../evaluator/rollout/time-split.ts';
import { type ChunkOptions, ensembled } from '../../policy/action-chunks.ts';
import { OnnxPolicy } from '../../policy/onnx-policy.ts';
import { baselinePolicy } from '../../rollouts/baselines.ts';
import { dispatchRollouts } from '../../rollouts/dispatch.ts';
import { rolloutResult, runRollout } from '../../rollouts/episode.ts';
import type { RolloutReply, RolloutTask, WorkerTimes } from '../../rollouts/messages.ts';
import type { RolloutResult } from '../../rollouts/results.ts';
import { ResultsFile, readResults } from '../../rollouts/results-file.ts';
import { resolveSubject } from '../../rollouts/subject.ts';
import { decodeTrajectory, encodeTrajectory } from '../../rollouts/trajectory-file.ts';
import { machineFacts } from '../../runtime/machine.ts';
import { listScenarios } from '../../scenarios/registry.ts';
import { adHocSet, expandSuite, listSuites, loadSuite } from '../../scenarios/suites/suite.ts';
import { replayPolicy, syncPolicy } from '../../sim/engine/policies.ts';
import type { Answer, Observation, Policy } from '../../sim/engine/policy.ts';
import { replayFinalStateHash } from '../../sim/engine/replay.ts';
import { simulateEpisode } from '../../sim/engine/simulate.ts';
import { InputError } from '../../sim/errors.ts';
import { loadTask } from '../../sim/tasks/load-task.ts';

const OPTIONS = { fps: 10, state: 'seed4' } as const;
const SET = adHocSet('one-brick', 2, 0, '/');
let home: string;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'brickyard-rollout-'));
  await loadTask();
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

async function resultOf(policy: Policy, index = 0): Promise<RolloutResult> {
  const condition = SET.conditions[index];
  return rolloutResult(condition, await runRollout(condition, policy, OPTIONS), 'x');
}

describe('a rollout', () => {
  it('of the expert is the episode that the simulator makes', async () => {
    const [condition] = SET.conditions;
    const { trajectory } = await runRollout(condition, baselinePolicy('expert'), OPTIONS);
    const { finalStateHash, frames } = simulateEpisode(condition.start);
    expect(trajectory).toMatchObject({ outcome: 'success', finalStateHash, frames });
    const again = await runRollout(condition, replayPolicy(trajectory.executedActions), OPTIONS);
    expect(again.trajectory.finalStateHash).toBe(finalStateHash);
    expect(decodeTrajectory(encodeTrajectory(trajectory))).toEqual(trajectory);
  });

  it('ends with the first action that is none, labelled, and still replays', async () => {
    const policy = syncPolicy(() => ({ frame }) => ({ action: [0, frame < 3 ? 1 : Number.NaN, 0, 0] }));
    const result = await resultOf(policy);
    expect(result).toMatchObject({ status: 'failure', outcome: 'bad-action', frames: 4 });
    expect(result.failure).toMatchObject({ label: 'BAD_ACTION', time_s: 0.3 });
    const { trajectory } = await runRollout(SET.conditions[0], policy, OPTIONS);
    const { start, fps, executedActions, finalStateHash } = trajectory;
    expect(replayFinalStateHash(start, fps, executedActions)).toBe(finalStateHash);
    expect(trajectory.actions[3 * 4 + 1]).toBeNaN();
  });

  it('is driven at random the same way each time, differently from each start', async () => {
    const random = (index: number) =>
      resultOf(baselinePolicy('random'), index).then((r) => r.final_state_hash);
    const first = await random(0);
    expect(await random(0)).toBe(first);
    expect(await random(1)).not.toBe(first);
  });
});

describe('a policy that answers in chunks', () => {
  /** Chunk of 4 whose rows tell when they were asked for and how far ahead they look. */
  const policy = (options: ChunkOptions) =>
    new OnnxPolicy(
      {
        contract: { chunk: 4, inputs: { images: [] }, output: { shape: [4, 4], range: [-1, 1] } },
        query: async (_, state) =>
          Float32Array.from({ length: 16 }, (_, i) => (i % 4 === 0 ? state[0] + Math.floor(i / 4) / 10 : 0)),
      },
      options,
    );
  async function drive(options: ChunkOptions, frames: number) {
    const driven = policy(options);
    const answers: Answer[] = [];
    for (let frame = 0; frame < frames; frame++)
      answers.push(await driven.act({ frame, state: Float32Array.of(frame / 100) } as Observation));
    const queryFrames = answers.flatMap(({ queried }, frame) => (queried ? [frame] : []));
    return { queryFrames, steered: answers.map(({ action }) => action[0]) };
  }

  it('asks every so many frames and executes the chunk in between', async () => {
    const { queryFrames, steered } = await drive({ actionSteps: 3 }, 7);
    expect(queryFrames).toEqual([0, 3, 6]);
    expect(steered.map((v) => Math.round(v * 100) / 100)).toEqual([0, 0.1, 0.2, 0.03, 0.13, 0.23, 0.06]);
  });

  it('averages all chunks of a frame, the oldest with weight 1', async () => {
    const { queryFrames, steered } = await drive({ actionSteps: 1, ensemble: Math.LN2 }, 3);
    expect(queryFrames).toEqual([0, 1, 2]);
    // Frame 1: 0.1 of the older, 0.01 of the newer with half its weight. Frame 2: 0.2, 0.11, 0.02 with 1, 1/2, 1/4.
    expect(steered[1]).toBeCloseTo((0.1 + 0.01 / 2) / 1.5, 6);
    expect(steered[2]).toBeCloseTo((0.2 + 0.11 / 2 + 0.02 / 4) / 1.75, 6);
    expect(ensembled([Float32Array.of(1, 2, 3, 4)], 0.01)).toEqual([1, 2, 3, 4]);
  });

  it('is to be shown every frame where its chunks are averaged', () => {
    expect(policy({ actionSteps: 3 })).toMatchObject({ actionSteps: 3, history: 1 });
    expect(policy({ actionSteps: 1, ensemble: 0 })).toMatchObject({ actionSteps: 1, history: 4 });
  });
});

describe('results.jsonl', () => {
  it('loses a torn last line and nothing else', async () => {
    const path = join(home, 'results.jsonl');
    const first = await resultOf(baselinePolicy('zero'));
    const file = new ResultsFile(path);
    file.append(first);
    file.close();
    appendFileSync(path, '{"condition":"to');
    const again = new ResultsFile(path);
    expect([...again.done.values()]).toEqual([first]);
    again.append({ ...first, condition: 'another' });
    again.close();
    expect(readResults(path).map(({ condition }) => condition)).toEqual([first.condition, 'another']);
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(3);
  });

  it('rolls out a damaged line again, and says so to those who only read', async () => {
    const path = join(home, 'damaged.jsonl');
    const first = await resultOf(baselinePolicy('zero'));
    const file = new ResultsFile(path);
    for (const condition of ['one', 'two', 'three']) file.append({ ...first, condition });
    file.close();
    writeFileSync(path, readFileSync(path, 'utf8').replace('"condition":"two"', '"condition":"twi"'));
    expect(() => readResults(path)).toThrow(/line 2 is no result.*checksum.*--resume/);
    const again = new ResultsFile(path);
    expect([...again.done.keys()]).toEqual(['one', 'three']);
    again.append({ ...first, condition: 'two' });
    again.close();
    expect(readResults(path).map(({ condition }) => condition)).toEqual(['one', 'three', 'two']);
  });

  it('is read as it was before its lines had checksums', async () => {
    const path = join(home, 'old.jsonl');
    const first = await resultOf(baselinePolicy('zero'));
    writeFileSync(path, `${JSON.stringify(first)}\n`);
    expect(readResults(path)).toEqual([first]);
  });
});

const TIMES: WorkerTimes = {
  worker: 1,
  startupS: 2,
  startupCpu: { threadS: 1, browserS: 0.5 },
  workingS: 10,
  physics: { wallS: 2, cpuS: 1.5 },
  infer: { wallS: 3, cpuS: 2.5 },
  drawS: 7,
  browserCpuS: 1,
};

describe('dispatch', () => {
  const tasks: RolloutTask[] = SET.conditions.map((condition, index) => ({ index, condition }));
  async function run(answer: (task: RolloutTask, tries: number) => Promise<RolloutReply>) {
    const tries = new Map<number, number>();
    const results: RolloutResult[] = [];
    await dispatchRollouts({
      tasks,
      pool: {
        capacity: 2,
        run: (task) => {
          tries.set(task.index, (tries.get(task.index) ?? 0) + 1);
          return answer(task, tries.get(task.index)!);
        },
      },
      hangS: 60,
      stop: new AbortController().signal,
      onResult: (result) => results.push(result),
      onCrash: () => {},
    });
    return { results, tries };
  }

  it('tries a crash once more, then reports an error that is neither success nor failure', async () => {
    const good = await resultOf(baselinePolicy('expert'), 1);
    const { results, tries } = await run(async ({ index }) => {
      if (index === 0) throw new Error('gone');
      return { result: good, times: TIMES };
    });
    expect([...tries]).toEqual([
      [0, 2],
      [1, 1],
    ]);
    const summary = summarize(results);
    expect(summary).toMatchObject({ episodes: 2, successes: 1, errors: 1, success_rate: 0.5, failures: {} });
    expect(results.find(({ status }) => status === 'error')?.error).toBe('worker ended: gone');
  });

  it('forgets a crash that the second try survives', async () => {
    const good = await resultOf(baselinePolicy('expert'));
    const { results } = await run(async (_, tries) =>
      tries === 1 ? { fault: 'browser', kind: 'crash' } : { result: good, times: TIMES },
    );
    expect(results.map(({ status }) => status)).toEqual(['success', 'success']);
  });
});

describe('resuming', () => {
  it.each([
    [true, false, 'its frames went through the codec: add --through-codec'],
    [false, true, 'its frames did not go through the codec: leave --through-codec out'],
    [undefined, true, 'its frames did not go through the codec: leave --through-codec out'],
  ])(
    'frames that went through the codec (%s) with some that did (%s) is refused',
    async (was, now, fault) => {
      const out = mkdtempSync(join(home, 'resumed-'));
      writeFileSync(join(out, 'run.json'), JSON.stringify({ subject: { kind: 'zero' }, through_codec: was }));
      const subject = { kind: 'zero', label: 'zero' } as const;
      const size = { widthPx: 0, heightPx: 0 };
      const chunk = { actionSteps: 1 };
      const run = runRollouts({
        settings: { out, subject, ...OPTIONS, ...size, chunk, throughCodec: now, backend: 'auto' },
        set: SET,
        onnxSha256: null,
        details: {},
        command: 'test',
        again: [],
        machine: machineFacts(),
        workers: 1,
        resume: true,
        hangS: 60,
        say: () => {},
      });
      await expect(run).rejects.toThrow(fault);
    },
  );
});

describe('the split of time', () => {
  it('counts each worker once, from when it could begin', () => {
    const ledger = new TimeLedger();
    ledger.add({ ...TIMES, workingS: 4 }, 400);
    ledger.add(TIMES, 500);
    ledger.add({ ...TIMES, worker: 2, startupS: 4 }, 100);
    expect(ledger.split(20)).toEqual({
      queries: 1000,
      inference_ms: 6,
      physics_ms: 4,
      draw_ms: 14,
      rest_ms: 10,
      startup_s: 3,
      cpu: { inference_ms: 5, physics_ms: 3, browser_ms: 2, rest_ms: 10, startup_s: 1.5 },
    });
  });

  it('is none where no policy was asked', () => {
    const ledger = new TimeLedger();
    ledger.add(TIMES, 0);
    expect(ledger.split(20)).toBeNull();
  });
});

describe('suites', () => {
  it('are there, with the promised sizes', () => {
    expect(listSuites()).toEqual(['box', 'smoke', 'standard', 'walls']);
    const standard = expandSuite(loadSuite('standard', '/'));
    const counts = Map.groupBy(standard.conditions, ({ scenario }) => scenario);
    expect([...counts.keys()].sort()).toEqual(
      listScenarios()
        .map(({ name }) => name)
        .sort(),
    );
    for (const [name, each] of counts) expect(each.length, name).toBeGreaterThanOrEqual(25);
  });

  it('draw in the namespace of evaluation, the same each time, anew with another seed', () => {
    const smoke = loadSuite('smoke', '/');
    const [a, b, c] = [expandSuite(smoke), expandSuite(smoke), expandSuite(smoke, 99)];
    expect(a).toEqual(b);
    expect(c.hash).not.toBe(a.hash);
    const keys = new Set(a.conditions.map(({ key }) => key));
    expect(keys.size).toBe(a.conditions.length);
    expect(c.conditions.some(({ key }) => keys.has(key))).toBe(false);
    for (const { start } of a.conditions) expect(start.seed).toMatch(/^eval\//);
  });

  it('refuse an unknown name with those there are', () => {
    expect(() => loadSuite('standart', '/')).toThrow(/"standart".*box, smoke, standard, walls/);
  });
});

describe('what a user may ask', () => {
  it('is refused with all faults at once', () => {
    const bad = { suite: 'smoke', scenarios: 'wall', episodes: '0', minSuccess: '2', actionSteps: 'x' };
    expect(() => parseRolloutOptions(bad, 2)).toThrow(InputError);
    expect(() => parseRolloutOptions(bad, 2)).toThrow(
      /--checkpoint is missing[\s\S]*exclude[\s\S]*--episodes is "0"[\s\S]*--action-steps is "x"[\s\S]*--min-success is "2"/,
    );
  });

  it('names baselines, replays and folders, and refuses what is none', () => {
    const path = (text: string) => join(home, text);
    expect(resolveSubject('expert', path)).toEqual({ kind: 'expert', label: 'expert' });
    expect(resolveSubject('replay:data', path)).toMatchObject({
      kind: 'replay',
      dataset: join(home, 'data'),
    });
    expect(() => resolveSubject('nowhere', path)).toThrow(/no such folder/);
    expect(() => resolveSubject('.', () => home)).toThrow(/neither policy.json nor checkpoints/);
  });
});
