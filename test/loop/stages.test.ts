import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { evalCommand } from '../../evaluator/command.ts';
import { shuffledOrder } from '../../evaluator/compare/pairing.ts';
import { parseRolloutOptions } from '../../evaluator/rollout/settings.ts';
import { genCommand } from '../../generator/command.ts';
import { CpuMeter } from '../../loop/cpu-time.ts';
import { remoteRunId } from '../../loop/elsewhere.ts';
import { bestOf, countPairs, gainSinceBest, warmRound } from '../../loop/improvement.ts';
import { overlapFigures } from '../../loop/overlap.ts';
import { MAX_ROUNDS, roundStages } from '../../loop/round-stages.ts';
import { runLoop } from '../../loop/run.ts';
import { stageWords, storedCommand } from '../../loop/stage-command-line.ts';
import { rolloutFacts } from '../../loop/stage-facts.ts';
import { genOptions, rolloutOptions } from '../../loop/stage-options.ts';
import type { RequestOf, StageRequest } from '../../loop/stages.ts';
import { loopSummary } from '../../loop/summary.ts';
import { parseStat } from '../../runtime/process-stat.ts';
import { RUN_ID } from '../../trainer/launch/remote/run-id.ts';
import { madeUpResults, writeRollout } from '../evaluator/made-up-rollout.ts';
import { FakeStages, fakeHost, newState, rollouts } from './fake-stages.ts';

it('turns each stage into the command that a person would type', async () => {
  const state = newState({ overrides: ['training.batch_size=4'], scenarios: 'wall' }, { budgetS: 1e6 });
  const runner = new FakeStages();
  await runLoop(state, fakeHost(runner).host);
  const { content, machine } = state;
  const line = (id: string, changes = {}) => {
    const request = runner.asked.find((each) => each.id === id) as StageRequest;
    const context = { out: '/l', content, machine, workers: null, resumable: false, ...changes };
    return stageWords(request, context).join(' ');
  };
  expect(line('00/fresh')).toBe(
    'gen --mode mix --scenarios wall --episodes 300 --seed 0 --state seed4 --size 320x240 --out /l/rounds/00/data/fresh --resume --json',
  );
  expect(line('01/fresh', { workers: 1 })).toMatch(/ --workers 1$/);
  expect(line('01/corrections')).toContain(
    '--mode dagger --checkpoint /l/rounds/00/run/checkpoints/final/policy --from-report /l/rounds/00/rollouts/aim/results.jsonl',
  );
  expect(line('01/merge')).toBe(
    'dataset merge /l/rounds/00/data/fresh /l/rounds/01/data/fresh /l/rounds/01/data/corrections --weights 1,1,3 --out /l/rounds/01/data/all --json',
  );
  expect(line('01/train')).toBe(
    "train --dataset /l/rounds/01/data/all --out /l/rounds/01/run --provider local --min-episodes 1 --json policy=act_small checkpoint.export=final checkpoint.every_minutes=5 hardware.threads=1 hardware.precision=bf16 training.batch_size=4 training.steps=4000 training.lr=0.0005 seed=11 training.init_from='/l/rounds/00/run/checkpoints/last'",
  );
  expect(line('00/train')).not.toContain('init_from');
  expect(line('01/train', { resumable: true })).toBe(
    'train --resume /l/rounds/01/run --provider local --min-episodes 1 --json',
  );
  expect(line('00/measure')).toContain('train --dataset /l/rounds/00/data/fresh --dry-run');
  expect(line('01/judge')).toBe(
    'eval rollout --checkpoint /l/rounds/01/run/checkpoints/final/policy --scenarios wall --episodes 40 --seed 4 --out /l/rounds/01/rollouts/held-out --resume --no-report --json',
  );
  const suite = { content: { ...content, suite: 'smoke' } };
  expect(line('01/judge', suite)).toContain('--suite smoke --seed 4');
  const merge = runner.asked.find(({ id }) => id === '01/merge') as StageRequest;
  const context = { out: '/l', content, machine, workers: null, resumable: false };
  expect(storedCommand(merge, context)).toBe(
    'brickyard dataset merge /l/rounds/00/data/fresh /l/rounds/01/data/fresh /l/rounds/01/data/corrections --weights 1,1,3',
  );
});

it('asks for what its command line says', async () => {
  const state = newState({ scenarios: 'wall', suite: null }, { rounds: 2 });
  const runner = new FakeStages();
  await runLoop(state, fakeHost(runner).host);
  const { content, machine } = state;
  for (const workers of [null, 3])
    for (const request of runner.asked) {
      const context = { out: '/l', content, machine, workers, resumable: false };
      const words = stageWords(request, context);
      const asked =
        request.kind === 'fresh' || request.kind === 'corrections'
          ? genOptions(request, context)
          : request.kind === 'aim' || request.kind === 'judge' || request.kind === 'confirm'
            ? rolloutOptions(request, context)
            : undefined;
      if (!asked) continue;
      const typed = optionsOf(words);
      if ('conditions' in asked) {
        const { out, report, ...rest } = asked;
        const parsed = parseRolloutOptions(typed, 2);
        expect(typed).toMatchObject({ out, report });
        expect(parsed).toMatchObject(JSON.parse(JSON.stringify(rest)));
      } else expect(typed).toMatchObject(JSON.parse(JSON.stringify(asked)));
    }
});

/** What commander makes of a command line. */
function optionsOf([group, ...words]: string[]): Record<string, never> {
  const command =
    group === 'gen' ? genCommand() : evalCommand().commands.find((one) => one.name() === words[0])!;
  command.option('--json').action(() => {});
  command.parse(group === 'gen' ? words : words.slice(1), { from: 'user' });
  return command.opts();
}

it('trains elsewhere by the commands of a person, under a name that is the same however often it is asked', async () => {
  const elsewhere = { folder: '/home/me', loopId: '20260131-100000-abc' };
  const state = newState({}, { budgetS: 1e6 }, { provider: 'ssh', settings: '/home/me/big.yaml' });
  const runner = new FakeStages({ diverges: ({ round, attempt }) => round === 1 && attempt === 1 });
  await runLoop(state, fakeHost(runner).host);
  expect(runner.asked.map(({ kind }) => kind)).not.toContain('measure');
  const { content, machine } = state;
  const line = (id: string, resumable = false) => {
    const request = runner.asked.find((each) => each.id === id) as StageRequest;
    const context = { out: '/l', content, machine, workers: null, resumable, elsewhere };
    return stageWords(request, context).join(' ');
  };
  expect(line('00/train')).toBe(
    'train --provider ssh --dataset /l/rounds/00/data/fresh --run-id 20260131-100000-abc-round-00 --settings /home/me/big.yaml --eval none --min-episodes 1 --json policy=act_small checkpoint.export=final checkpoint.every_minutes=5 training.steps=3000 training.lr=0.001 seed=3',
  );
  expect(line('00/train', true)).toBe(
    'train resume 20260131-100000-abc-round-00 --settings /home/me/big.yaml --json',
  );
  const again = runner.asked.find(({ id }) => id === '01/train-2') as RequestOf<'train'>;
  const longest = remoteRunId(elsewhere, { ...again, round: MAX_ROUNDS - 1, attempt: 10 });
  expect(longest).toMatch(RUN_ID);
  expect(remoteRunId(elsewhere, again)).toBe('20260131-100000-abc-round-01-2');
  expect(line('01/train-2')).toContain("training.init_from='/l/rounds/00/run/checkpoints/last'");
});

it('starts from a checkpoint of another training, gently, where one is named', async () => {
  const runner = new FakeStages();
  await runLoop(newState({ initFrom: '/r/checkpoints/best/pretrained_model' }), fakeHost(runner).host);
  const trainings = runner.asked.flatMap((request) => (request.kind === 'train' ? [request] : []));
  expect(trainings[0]).toMatchObject({ initFrom: '/r/checkpoints/best/pretrained_model', lr: 5e-4 });
  expect(trainings[1]).toMatchObject({ initFrom: 'rounds/00/run', lr: 5e-4 });
  const { content, machine } = newState();
  const context = { out: '/l', content, machine, workers: null, resumable: false };
  expect(stageWords(trainings[0], context)).toContain(
    "training.init_from='/r/checkpoints/best/pretrained_model'",
  );
});

it('names the same stages for a state however often it is asked', async () => {
  const state = newState();
  await runLoop(state, fakeHost(new FakeStages()).host);
  for (const round of [0, 1, 2])
    expect([...roundStages(state, round)]).toEqual(
      [...roundStages(structuredClone(state), round)].map((request) => ({ ...request })),
    );
});

it('reads how rollouts ended in an order that does not depend on it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'brickyard-loop-'));
  try {
    const marks = '110e0110100111e0';
    const results = madeUpResults(marks);
    const facts = rolloutFacts(writeRollout(join(folder, 'a'), results));
    expect(facts).toMatchObject({ episodes: 16, successes: 8, errors: 2, failures: { NO_APPROACH: 6 } });
    expect(facts.byScenario['one-brick'].episodes + facts.byScenario.wall.episodes).toBe(16);
    expect(rolloutFacts(writeRollout(join(folder, 'b'), results.toReversed()))).toEqual(facts);
    expect(facts.outcomes).toBe(
      shuffledOrder(results)
        .map(({ slot }) => marks[slot])
        .join(''),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('counts pairs without those that crashed, and all rounds since the best together', () => {
  expect(countPairs('1100e1', '1011 1'.replace(' ', '0'))).toEqual({ pairs: 5, gained: 2, lost: 1 });
  const judged = ['1000', '1110', '1100', '0111'].map((text, round) => ({ round, facts: rollouts(text) }));
  expect(bestOf(judged)?.round).toBe(1);
  expect(gainSinceBest(judged)).toEqual({ rounds: 2, counts: { pairs: 8, gained: 1, lost: 2 } });
  expect(bestOf([])).toBeUndefined();
});

it('trains on from the latest unless that is shown to be worse than the best', () => {
  const judged = (last: string) =>
    ['1'.repeat(20), last].map((text, round) => ({ round, facts: rollouts(text) }));
  expect(warmRound(judged('1'.repeat(16).padEnd(20, '0')))?.round).toBe(1);
  expect(warmRound(judged('1'.repeat(10).padEnd(20, '0')))?.round).toBe(0);
});

it('follows a process, its descendants and those whose parent has ended', () => {
  const stat = (pid: number, parent: number, cpuS: number, start = '7') => ({ pid, parent, start, cpuS });
  const looks = [
    [stat(1, 0, 50), stat(10, 1, 1), stat(12, 11, 3), stat(11, 10, 2)],
    [stat(1, 0, 51), stat(10, 1, 2), stat(12, 1, 9), stat(13, 12, 1), stat(30, 1, 99)],
    [stat(12, 1, 1, '8')],
  ];
  let at = 0;
  const meter = new CpuMeter(10, () => looks[at++] ?? []);
  meter.look();
  expect(meter.end()).toBe(2 + 2 + 9 + 1);
  expect(new CpuMeter(10, () => []).end()).toBeNull();
});

it('reads a process whose name has spaces and brackets', () => {
  const fields = ['S', '42', ...Array(9).fill('0'), '150', '50', ...Array(6).fill('0'), '777', '0'];
  expect(parseStat(`41 (a b) c) ${fields.join(' ')}`)).toEqual({
    pid: 41,
    state: 'S',
    parent: 42,
    group: 0,
    start: '777',
    cpuS: 2,
  });
  expect(parseStat('nothing')).toBeUndefined();
});

it('says which share of the idle core time was used', async () => {
  const state = newState({}, { rounds: 2 });
  await runLoop(state, fakeHost(new FakeStages()).host);
  // Beside two trainings 70 core-seconds each stayed idle, and the data beside the first took 30.
  const figures = overlapFigures(state);
  expect(figures).toMatchObject({ trainingS: 200, idleAloneS: 170, usedBesideS: 30 });
  expect(figures.removedShare).toBeCloseTo(30 / 170);
  const alone = newState({}, { rounds: 2 }, { overlap: false });
  await runLoop(alone, fakeHost(new FakeStages()).host);
  expect(overlapFigures(alone).removedShare).toBe(0);
});

it('ends with the figures that scripts rely on', async () => {
  const state = newState({ finalEpisodes: 40 });
  await runLoop(state, fakeHost(new FakeStages()).host);
  const paths = { policy: '/l/best', page: '/l/loop.html' };
  expect(loopSummary(state, paths)).toMatchObject({
    ...{ rounds: 3, stopped: 'rounds', policy: '/l/best', page: '/l/loop.html', first_result_s: 140 },
    best: { round: 2, success_rate: 0.6, wilson: rollouts('1'.repeat(24).padEnd(40, '0')).wilson },
    final: { round: 2, episodes: 40 },
  });
  expect(loopSummary(newState(), paths)).toMatchObject({
    rounds: 0,
    best: null,
    stopped: null,
    policy: null,
  });
});
