/** How a policy's chunks are executed: as trained, or as asked. */
import { describe, expect, it, test } from 'vitest';
import { parseRolloutOptions } from '../../evaluator/rollout/settings.ts';
import { ActionChunks, chunkOptions, ensembled } from '../../policy/action-chunks.ts';
import { readContract } from '../../policy/policy-folder.ts';
import { InputError } from '../../sim/errors.ts';
import { alteredPolicy, TINY_POLICY } from './altered-policy.ts';

const names = { label: 'it', remedy: 'say off' };
const whole = { chunk: 8, action_steps: 5 };
const averaging = { chunk: 8, action_steps: 1, temporal_ensemble: 0.01 };

test.each([
  ['whole chunks as trained', whole, {}, { actionSteps: 5 }],
  ['fewer steps as asked', whole, { actionSteps: 2 }, { actionSteps: 2 }],
  ['averaging as trained', averaging, {}, { actionSteps: 1, ensemble: 0.01 }],
  ['averaging as asked', whole, { ensemble: 0 }, { actionSteps: 1, ensemble: 0 }],
  ['averaging with another coefficient', averaging, { ensemble: -1 }, { actionSteps: 1, ensemble: -1 }],
  ['not averaging', averaging, { ensemble: 'off' as const }, { actionSteps: 1 }],
  [
    'whole chunks of one that averages',
    averaging,
    { ensemble: 'off' as const, actionSteps: 8 },
    { actionSteps: 8 },
  ],
])('a policy is driven by %s', (_, contract, request, wanted) => {
  expect(chunkOptions(contract, request, names)).toEqual(wanted);
});

test.each([
  [whole, { actionSteps: 9 }, '--action-steps is 9, but a chunk of it has 8 actions'],
  [averaging, { actionSteps: 4 }, '--action-steps is 4, but it is asked in every frame'],
  [averaging, { actionSteps: 1 }, 'coefficient 0.01): say off'],
])('%o refuses %o', (contract, request, message) => {
  expect(() => chunkOptions(contract, request, names)).toThrow(message);
  expect(() => chunkOptions(contract, request, names)).toThrow(InputError);
});

test('--temporal-ensemble takes a coefficient or off, and off goes with --action-steps', () => {
  const parse = (raw: object) => parseRolloutOptions({ checkpoint: ['p'], ...raw }, 1);
  expect(parse({ temporalEnsemble: 'off', actionSteps: '3' })).toMatchObject({
    ensemble: 'off',
    actionSteps: 3,
  });
  expect(parse({ temporalEnsemble: '0.01' }).ensemble).toBe(0.01);
  expect(parse({}).ensemble).toBeUndefined();
  expect(() => parse({ temporalEnsemble: 'never' })).toThrow('--temporal-ensemble is "never"');
  expect(() => parse({ temporalEnsemble: '0.01', actionSteps: '3' })).toThrow('leave --action-steps out');
});

describe('an average', () => {
  const chunks = (ensemble: number, range: [number, number] = [-1, 1]) =>
    new ActionChunks({ chunk: 3, output: { shape: [3, 2], range } }, { actionSteps: 1, ensemble });

  it('is clamped once, after the chunks are averaged', () => {
    const all = chunks(0);
    all.add(0, Float32Array.of(0, 0, 5, 5, 0, 0));
    all.add(1, Float32Array.of(-4, -1, 0, 0, 0, 0));
    expect(all.actionAt(1)).toEqual([0.5, 1]);
  });

  it('leaves out chunks that say nothing about the frame any more, and frames that were not asked for', () => {
    const all = chunks(0, [-100, 100]);
    for (const frame of [0, 1, 3])
      all.add(
        frame,
        Float32Array.from({ length: 6 }, () => frame * 10),
      );
    expect(all.actionAt(3)).toEqual([20, 20]);
  });

  it.each([-10, 10, -800, 800])('keeps finite with coefficient %d', (coefficient) => {
    const rows = Array.from({ length: 100 }, (_, i) => [i]);
    const [mean] = ensembled(rows, coefficient);
    expect(mean).toBeCloseTo(coefficient < 0 ? 99 : 0, 3);
  });

  it('of what is not a number is not a number, so that a rollout ends by it', () => {
    const all = chunks(0);
    all.add(0, Float32Array.of(Number.NaN, 0, 0, 0, 0, 0));
    expect(all.actionAt(0)).toEqual([Number.NaN, 0]);
  });
});

test('policy.json may name a coefficient, with action_steps 1 only', async () => {
  const made: string[] = [];
  const altered = (changes: object) =>
    alteredPolicy(made, { contract: (contract) => void Object.assign(contract, changes) });
  expect((await readContract(TINY_POLICY)).temporal_ensemble).toBeUndefined();
  expect((await readContract(altered({ action_steps: 1, temporal_ensemble: 0.01 }))).temporal_ensemble).toBe(
    0.01,
  );
  await expect(readContract(altered({ temporal_ensemble: 'x' }))).rejects.toThrow('temporal_ensemble');
  const { loadPolicy } = await import('../../policy/policy-folder.ts');
  await expect(loadPolicy(altered({ temporal_ensemble: 0.01 }))).rejects.toThrow('asked in every frame: 1');
});
