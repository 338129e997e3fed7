/** A policy that was trained to average its chunks, driven by the real commands. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gen, genOk, startCommand } from '../generator/gen-process.ts';
import { alteredPolicy, TINY_POLICY } from '../policy/altered-policy.ts';
import { type RolloutFolder, rolloutFolder } from './rollout-process.ts';

const COEFFICIENT = 0.3;
const made: string[] = [];
let home: string;
let averaging: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'brickyard-ensembling-'));
  averaging = alteredPolicy(made, {
    contract: (contract) => Object.assign(contract, { action_steps: 1, temporal_ensemble: COEFFICIENT }),
  });
});
afterAll(() => {
  for (const folder of [home, ...made]) rmSync(folder, { recursive: true, force: true });
});

async function rolledOut(name: string, policy: string, ...options: string[]): Promise<RolloutFolder> {
  const conditions = ['--scenarios', 'one-brick', '--episodes', '1', '--workers', '1'];
  const args = ['eval', 'rollout', '--checkpoint', policy, ...conditions, ...options, '--no-report'];
  const ended = await startCommand([...args, '--out', name], home).ended;
  expect(ended.code, ended.stderr).toBe(0);
  return rolloutFolder(join(home, name));
}

const chunkOf = (name: string): unknown =>
  JSON.parse(readFileSync(join(home, name, 'run.json'), 'utf8')).chunk;
const hashOf = ({ results }: RolloutFolder): unknown => results[0].final_state_hash;

describe('eval rollout', () => {
  it('averages as trained, and executes whole chunks when asked to', async () => {
    const trained = await rolledOut('trained', averaging);
    const asked = await rolledOut('asked', TINY_POLICY, '--temporal-ensemble', `${COEFFICIENT}`);
    expect(hashOf(trained)).toBe(hashOf(asked));
    expect(chunkOf('trained')).toEqual({ actionSteps: 1, ensemble: COEFFICIENT });
    expect(trained.results[0].queries).toBe(trained.results[0].frames);

    const plain = await rolledOut('plain', averaging, '--temporal-ensemble', 'off', '--action-steps', '4');
    expect(hashOf(plain)).toBe(hashOf(await rolledOut('chunks', TINY_POLICY)));
    expect(hashOf(plain)).not.toBe(hashOf(trained));
  });

  it('refuses --action-steps with a policy that averages, before anything is drawn', async () => {
    const args = ['eval', 'rollout', '--checkpoint', averaging, '--suite', 'smoke', '--action-steps', '4'];
    const { code, stderr } = await startCommand([...args, '--out', 'no'], home).ended;
    expect(stderr).toContain('coefficient 0.3): leave --action-steps out, or add --temporal-ensemble off');
    expect([code, stderr.trim().split('\n').length]).toEqual([2, 1]);
  });
});

describe('gen --mode dagger', () => {
  it('has the student average, says so, and refuses --action-steps', async () => {
    const small = [
      '--mode',
      'dagger',
      '--scenarios',
      'one-brick',
      '--size',
      '64x48',
      '--checkpoint',
      averaging,
    ];
    await genOk([...small, '--episodes', '1', '--workers', '1', '--out', 'data'], home);
    const { runs } = JSON.parse(readFileSync(join(home, 'data/metadata.json'), 'utf8'));
    expect(runs[0].settings.dagger.student).toMatchObject({
      action_steps: 1,
      temporal_ensemble: COEFFICIENT,
    });
    const { code, stderr } = await gen([...small, '--action-steps', '2', '--out', 'more'], home);
    expect(stderr).toContain('leave --action-steps out');
    expect(code).toBe(2);
  });
});
