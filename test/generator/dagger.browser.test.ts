/** `gen --mode dagger` through the real command, with the smallest policy there is. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { DatasetMetadata } from '../../dataset/metadata.ts';
import { DatasetReader } from '../../dataset/reader.ts';
import { SOURCES } from '../../sim/engine/trajectory.ts';
import { madeUpResults, writeRollout } from '../evaluator/made-up-rollout.ts';
import { alteredPolicy, TINY_POLICY } from '../policy/altered-policy.ts';
import { gen, genOk, startCommand, withFolder } from './gen-process.ts';

const made: string[] = [];
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

const SMALL = ['--mode', 'dagger', '--scenarios', 'one-brick', '--size', '64x48', '--verify'];

describe('gen --mode dagger', () => {
  test('makes a faultless dataset, the same with one worker and with two', () =>
    withFolder(async (cwd) => {
      const args = [...SMALL, '--checkpoint', TINY_POLICY, '--episodes', '4'];
      const summary = await genOk([...args, '--workers', '2', '--out', 'two'], cwd);
      expect(summary.by_kind).toEqual({ dagger: { episodes: 4, frames: summary.frames } });
      const { dagger } = summary;
      expect(Object.values(dagger!.handovers).reduce((a, b) => a + b, 0)).toBe(4);
      expect(dagger!.queries).toBeGreaterThan(0);
      expect((await genOk([...args, '--workers', '1', '--out', 'one'], cwd)).fingerprint).toBe(
        summary.fingerprint,
      );

      const validated = await startCommand(
        ['dataset', 'validate', 'two', '--min-episodes', '4', '--json'],
        cwd,
      ).ended;
      expect(JSON.parse(validated.stdout)).toMatchObject({ ok: true, faults: [] });

      const reader = await DatasetReader.open(join(cwd, 'two'));
      for (const row of await reader.episodes()) {
        const { source, label_valid, action, executed_action } = await reader.episodeColumns(row);
        expect(new Set(source.values)).toEqual(new Set([SOURCES.indexOf('dagger')]));
        expect([...label_valid.values].every(Boolean)).toBe(true);
        expect([...executed_action.values]).toEqual([...action.values]);
      }
      const [{ provenance }] = await reader.episodes();
      const { slot, attempt, finalStateHash } = provenance!;
      const again = await gen([...args, '--attempt', `one-brick/${slot}/${attempt}`], cwd);
      expect(JSON.parse(again.stdout)).toMatchObject({
        outcome: 'success',
        final_state_hash: finalStateHash,
      });

      const text = readFileSync(join(cwd, 'two/metadata.json'), 'utf8');
      const { settings } = (JSON.parse(text) as DatasetMetadata).runs[0];
      expect(settings.dagger).toMatchObject({ beta: 0.1, student: { action_steps: 4 } });
      expect(text.replaceAll(TINY_POLICY, '')).not.toContain(`${cwd}/`);
    }));

  test('refuses before anything is made', () =>
    withFolder(async (cwd) => {
      const refused = async (args: readonly string[], text: string): Promise<void> => {
        const { code, stderr } = await gen([...args, '--out', 'new'], cwd);
        expect(stderr).toContain(text);
        expect(stderr).not.toMatch(/\n\s+at /);
        expect(code).toBe(2);
        expect(existsSync(join(cwd, 'new'))).toBe(false);
      };
      const newer = alteredPolicy(made, {
        contract: (contract) => {
          (contract as { contract: number }).contract = 2;
        },
      });
      await refused([...SMALL, '--checkpoint', newer], 'contract version 2');
      const slower = alteredPolicy(made, {
        contract: (contract) => {
          contract.fps = 7;
        },
      });
      await refused([...SMALL, '--checkpoint', slower], 'fps is 7');
      await refused([...SMALL, '--checkpoint', 'expert'], 'the student of --mode dagger is a policy');
      await refused(['--mode', 'noise', '--beta', '0.5'], '--beta means nothing in --mode noise');
      const other = writeRollout(
        join(cwd, 'other'),
        madeUpResults('0', { trajectory: 't', scenario: 'wall' }),
      );
      mkdirSync(other, { recursive: true });
      const run = { suite: 'smoke', suite_hash: 'b', fps: 10, onnx_sha256: null };
      writeFileSync(join(other, 'run.json'), JSON.stringify(run));
      const aimed = [...SMALL, '--checkpoint', TINY_POLICY, '--from-report', 'other/results.jsonl'];
      await refused(aimed, 'its 1 failures are of wall');
    }));
});
