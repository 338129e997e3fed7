/** What compare takes, before anything is rolled out. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveSides, rolloutOf } from '../../evaluator/compare/sides.ts';
import { requestedConditions } from '../../evaluator/rollout/requested-conditions.ts';
import { parseRolloutOptions } from '../../evaluator/rollout/settings.ts';
import { madeUpResults, writeRollout } from './made-up-rollout.ts';

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'brickyard-sides-'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** A finished rollout of these conditions, as far as its folder says. */
function stored(name: string, suite: string, seed: string): string {
  const request = parseRolloutOptions({ checkpoint: ['expert'], suite, seed }, 1);
  const { hash } = requestedConditions(request, home);
  const folder = writeRollout(join(home, name), madeUpResults('01'), { suite, suite_hash: hash });
  const again = ['eval', 'rollout', '--checkpoint', 'expert', '--suite', suite, '--seed', seed];
  writeFileSync(join(folder, 'run.json'), JSON.stringify({ again }));
  return folder;
}

describe('compare', () => {
  it('takes rollouts that are there as they are, and no conditions with them', () => {
    const [a, b] = [stored('a', 'smoke', '5'), stored('b', 'smoke', '5')];
    expect(resolveSides([a, b], {})).toMatchObject({ a: { folder: a }, b: { folder: b }, plan: undefined });
    expect(() => resolveSides([a, b], { suite: 'smoke' })).toThrow(/are rolled out already: leave --suite/);
  });

  it('rolls a policy out on the conditions of the rollout beside it', () => {
    const old = stored('old', 'smoke', '6');
    const sides = resolveSides([old, 'random'], { out: join(home, 'out'), workers: '3' });
    expect(sides.a).toMatchObject({ folder: old, subject: undefined });
    expect(sides.b).toMatchObject({ folder: join(home, 'out/b'), subject: { kind: 'random' } });
    const asked = rolloutOf(sides.b, sides.plan!, 3);
    expect(asked.command).toBe(
      `brickyard eval rollout --checkpoint random --suite smoke --seed 6 --out ${home}/out/b --resume --shuffled --no-report --json --workers 3`,
    );
    expect(asked).toMatchObject({ checkpoints: ['random'], conditions: { suite: 'smoke' }, seed: 6 });
    expect(asked).toMatchObject({ resume: true, shuffled: true, report: false, workers: 3 });
  });

  it('rolls both out, by default on the standard suite', () => {
    const { a, b, plan } = resolveSides(['zero', 'expert'], {});
    expect(plan?.set).toMatchObject({ name: 'standard', seed: 2 });
    expect([a.folder, b.folder].map((path) => path.split('/').slice(-2).join('/'))).toEqual([
      'zero-against-expert-standard/a',
      'zero-against-expert-standard/b',
    ]);
    const own = resolveSides(['zero', 'expert'], { scenarios: 'wall', episodes: '3', seed: '4' });
    expect(own.plan?.set.conditions).toHaveLength(3);
  });

  it('refuses other conditions than those of the rollout beside it, before anything runs', () => {
    const old = stored('other', 'smoke', '7');
    expect(() => resolveSides([old, 'random'], { suite: 'smoke', seed: '8' })).toThrow(
      /ran smoke \(hash .{12}\), which is not what would be rolled out now: smoke \(hash/,
    );
    writeFileSync(join(old, 'run.json'), '{}');
    expect(() => resolveSides([old, 'random'], {})).toThrow(/does not say which conditions it ran/);
    rmSync(join(old, 'summary.json'));
    expect(() => resolveSides(['random', old], { suite: 'smoke', seed: '7' })).toThrow(/it did not end/);
  });

  it('refuses what is neither a rollout nor a policy', () => {
    expect(() => resolveSides(['expert', join(home, 'nothing')], {})).toThrow(
      /nothing: has no results\.jsonl, so it is no rollout, and cannot be rolled out: there is no such folder/,
    );
    expect(() => resolveSides(['replay:x', 'expert'], {})).toThrow(/the dataset's own starts/);
    expect(() => resolveSides(['expert', 'zero'], { suite: 'smok' })).toThrow(/did you mean "smoke"/);
  });
});
