/** 1, 2 and 8 workers leave the same results, episode by episode. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runRollouts } from '../../evaluator/rollout/run.ts';
import { checkPolicy, type Preflight } from '../../rollouts/preflight.ts';
import type { Subject } from '../../rollouts/subject.ts';
import { machineFacts } from '../../runtime/machine.ts';
import { adHocSet } from '../../scenarios/suites/suite.ts';
import { TINY_POLICY } from '../policy/altered-policy.ts';
import { type RolloutFolder, rolloutFolder } from './rollout-process.ts';

let home: string;
let policy: Preflight;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'brickyard-workers-'));
  policy = await checkPolicy(TINY_POLICY, 'auto');
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** One for each of eight workers. */
const EPISODES = 8;
const SET = adHocSet('one-brick,start-loaded', EPISODES, 0, '/');
/** Every frame is coded, not only those that are asked for: half of them say as much. */
const CODED_SET = adHocSet('one-brick,start-loaded', EPISODES / 2, 0, '/');
const TINY: Subject = { kind: 'policy', label: 'tiny', folder: TINY_POLICY };

async function rolledOut(subject: Subject, workers: number, throughCodec = false): Promise<RolloutFolder> {
  const out = join(home, `${subject.label}-${workers}-${throughCodec}`);
  const { fps, state, widthPx, heightPx } = policy.settings;
  const { backend } = policy.stack;
  const { contract } = policy.policy;
  const chunk = { actionSteps: contract.action_steps };
  const outcome = await runRollouts({
    settings: { out, subject, fps, state, widthPx, heightPx, chunk, throughCodec, backend },
    set: throughCodec ? CODED_SET : SET,
    onnxSha256: subject.kind === 'policy' ? contract.onnx.sha256 : null,
    details: {},
    command: 'test',
    again: [],
    machine: machineFacts(),
    workers,
    // All of them at once, whatever the machine.
    growth: { cores: workers, coreTimes: () => ({ busy: 0, idle: 0 }), everyMs: 60_000 },
    resume: false,
    hangS: 600,
    say: () => {},
  });
  expect(outcome.kind).toBe('done');
  return rolloutFolder(out);
}

describe.each([
  ['expert', { kind: 'expert', label: 'expert' } satisfies Subject, false, [2, 8]],
  ['a policy', TINY, false, [2, 8]],
  ['a policy through the codec', TINY, true, [2]],
] as const)('%s', (_name, subject, throughCodec, more) => {
  it(`gives the same results and trajectories with 1 worker and with ${more.join(' and ')}`, async () => {
    const one = await rolledOut(subject, 1, throughCodec);
    const episodes = throughCodec ? EPISODES / 2 : EPISODES;
    expect(one.results).toHaveLength(episodes);
    expect(new Set(one.results.map(({ final_state_hash }) => final_state_hash)).size).toBe(episodes);
    expect(one.results.every(({ status }) => status !== 'error')).toBe(true);
    if (subject.kind === 'policy') expect(one.results.every(({ queries }) => queries > 0)).toBe(true);
    for (const workers of more) expect(await rolledOut(subject, workers, throughCodec)).toEqual(one);
  }, 600_000);
});

it('a policy sees other frames through the codec, and drives otherwise', () => {
  const drawn = rolloutFolder(join(home, 'tiny-1-false')).results;
  for (const coded of rolloutFolder(join(home, 'tiny-1-true')).results) {
    const same = drawn.find(({ condition }) => condition === coded.condition);
    expect([same?.through_codec, coded.through_codec]).toEqual([undefined, true]);
    expect(same?.final_state_hash).toMatch(/^[0-9a-f]+$/);
    expect(coded.final_state_hash).not.toBe(same?.final_state_hash);
  }
});
