/** One condition of many, and the command that names it. */
import { describe, expect, it } from 'vitest';
import { againCommand } from '../../evaluator/report/again-command.ts';
import { againWords } from '../../evaluator/rollout/again.ts';
import { onlyConditions } from '../../evaluator/rollout/only.ts';
import { parseRolloutOptions, type RawRolloutOptions } from '../../evaluator/rollout/settings.ts';
import { machineFacts } from '../../runtime/machine.ts';
import { adHocSet } from '../../scenarios/suites/suite.ts';

const SET = adHocSet('one-brick,far', 6, 3, '/');
const KEYS = SET.conditions.map(({ key }) => key);

describe('--only', () => {
  it('keeps the conditions of these keys, in the order of the set, with a hash of their own', () => {
    const set = onlyConditions(SET, [KEYS[4], KEYS[1], KEYS[4]]);
    expect(set.conditions).toEqual([SET.conditions[1], SET.conditions[4]]);
    expect(set.name).toBe('scenarios:one-brick,far only 2 of 6');
    expect(set.hash).not.toBe(SET.hash);
    expect(onlyConditions(SET, [KEYS[1]]).name).toContain(`only ${KEYS[1]}`);
  });

  it('refuses a key there is none of, with near ones', () => {
    const slip = `${KEYS[2].slice(0, -1)}x`;
    expect(() => onlyConditions(SET, [KEYS[0], slip, 'far'])).toThrow(
      new RegExp(
        `2 faults[\\s\\S]*no condition ${slip} among the 6 .* near are ${KEYS[2]}[\\s\\S]*no condition far`,
      ),
    );
  });
});

describe('the command that drives a condition again', () => {
  const words = (raw: RawRolloutOptions, kind: 'expert' | 'replay' | 'policy' = 'expert') => {
    const request = parseRolloutOptions({ checkpoint: ['x'], ...raw }, 2);
    const subject = {
      expert: { kind: 'expert', label: 'expert' } as const,
      replay: { kind: 'replay', label: 'replay-ds', dataset: '/data/ds' } as const,
      policy: { kind: 'policy', label: 'run', folder: '/runs/a run/policy' } as const,
    }[kind];
    return againWords(subject, request, '/home/me').join(' ');
  };

  it('says everything that decides the results, with whole paths, and nothing else', () => {
    expect(words({ suite: 'smoke', workers: '2', out: 'x', resume: true, minSuccess: '1' })).toBe(
      'eval rollout --checkpoint expert --suite smoke',
    );
    expect(words({ suite: 'my.yaml', seed: '7', actionSteps: '3' }, 'policy')).toBe(
      'eval rollout --checkpoint /runs/a run/policy --suite /home/me/my.yaml --seed 7 --action-steps 3',
    );
    expect(words({ scenarios: 'wall:2,own/y.yaml:3', episodes: '9', temporalEnsemble: '0' })).toBe(
      'eval rollout --checkpoint expert --scenarios wall:2,/home/me/own/y.yaml:3 --episodes 9 --temporal-ensemble 0',
    );
    expect(words({ episodes: '5' }, 'replay')).toBe('eval rollout --checkpoint replay:/data/ds --episodes 5');
  });

  it('can be pasted into a shell; an older run.json has none', () => {
    const run = { again: ['eval', 'rollout', '--checkpoint', "it's $HOME"] };
    expect(againCommand(run, KEYS[0])).toBe(
      `brickyard eval rollout --checkpoint 'it'\\''s $HOME' --only ${KEYS[0]}`,
    );
    for (const other of [{}, { again: 'eval' }, { again: ['eval', 3] }])
      expect(againCommand(other, KEYS[0])).toBeUndefined();
  });
});

describe('facts of the machine', () => {
  it('say what it is and not which one', () => {
    const facts = machineFacts();
    expect(Object.keys(facts)).toEqual(['cpu', 'cores', 'memory_gib', 'os', 'node']);
    expect(facts.cores).toBeGreaterThan(0);
    expect(facts.memory_gib).toBeGreaterThan(0);
  });
});
