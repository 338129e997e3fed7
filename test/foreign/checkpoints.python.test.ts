/**
 * Stock ACT checkpoints, as lerobot 0.4.4, 0.6.1 and those before processors save them, and the same edited by hand:
 * each exported and compared with lerobot's own processors and select_action, or refused by name with exit code 2; and
 * trained on.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { OnnxPolicy } from '../../policy/onnx-policy.ts';
import { loadPolicy } from '../../policy/policy-folder.ts';
import type { Observation } from '../../sim/engine/policy.ts';
import { startCommand } from '../generator/gen-process.ts';
import { testPython, testPythonNext } from '../python.ts';
import { CheckProcess, TRAINER } from '../trainer/check-process.ts';

/** A busy machine is no fault. */
vi.setConfig({ testTimeout: 900_000, hookTimeout: 900_000 });

let folder: string;
let work: string;
let dataset: string;
let checks: CheckProcess;
beforeAll(async () => {
  testPython();
  folder = mkdtempSync(join(tmpdir(), 'brickyard-checkpoints-'));
  [work, dataset] = [join(folder, 'work'), join(folder, 'data')];
  mkdirSync(work);
  checks = new CheckProcess(folder);
  const recorded = await checks.run({
    script: 'record_foreign.py',
    args: [dataset, 'h264', 'front', 'wrist'],
  });
  expect(recorded.code, recorded.stderr).toBe(0);
});
afterAll(async () => {
  await checks?.close();
  rmSync(folder, { recursive: true, force: true });
});

it('exports what lerobot runs, with the same actions, and refuses the rest by name', async () => {
  const newer = join(folder, 'newer');
  const script = join(TRAINER, 'checks/newer_checkpoint.py');
  await promisify(execFile)(testPythonNext(), [script, dataset, newer]);
  const args = [dataset, work, newer];
  const { lastLine, stderr } = await checks.run({ script: 'foreign_checkpoints.py', args });
  expect(lastLine, stderr.slice(-3000)).toBe('{"faults": []}');
  // A check that made nothing would find nothing wrong.
  expect(readdirSync(work).filter((name) => name.endsWith('-policy')).length).toBeGreaterThan(20);
});

it('trains on from what lerobot saved, keeps its normalisation, and exports what lerobot then runs', async () => {
  const started = join(folder, 'started');
  mkdirSync(started);
  const { lastLine, stderr } = await checks.run({ script: 'foreign_start.py', args: [dataset, started] });
  expect(lastLine, stderr.slice(-3000)).toBe('{"faults": []}');
});

it('loads a checkpoint with anything anywhere in its JSON, or says in one sentence why not', async () => {
  const damaged = join(folder, 'damaged');
  mkdirSync(damaged);
  const { lastLine, stderr } = await checks.run({
    script: 'damaged_checkpoint.py',
    args: [dataset, damaged],
  });
  expect(lastLine, stderr.slice(-3000)).toBe('{"faults": []}');
});

describe('a policy', () => {
  interface Case {
    coefficient: number;
    chunk: number;
    chunks: number[][];
    /** Of lerobot's ACTTemporalEnsembler. */
    actions: number[][];
  }

  it('averages chunks as lerobot does', async () => {
    const cases: Case[] = JSON.parse(readFileSync(join(work, 'ensembled.json'), 'utf8'));
    expect(cases.length).toBeGreaterThan(3);
    for (const { coefficient, chunk, chunks, actions } of cases) {
      const policy = new OnnxPolicy(
        {
          contract: { chunk, inputs: { images: [] }, output: { shape: [chunk, 4], range: [-1, 1] } },
          query: async (_, [frame]) => Float32Array.from(chunks[frame]),
        },
        { actionSteps: 1, ensemble: coefficient },
      );
      for (const [frame, wanted] of actions.entries()) {
        const observation = { frame, state: Float32Array.of(frame) } as Observation;
        const { action } = await policy.act(observation);
        for (const [axis, value] of Array.from(action).entries())
          expect(value, `${coefficient}, frame ${frame}`).toBeCloseTo(wanted[axis], 5);
      }
    }
  });
});

describe('brickyard export', () => {
  const run = (checkpoint: string) =>
    startCommand(
      [
        'export',
        join(work, checkpoint),
        '--dataset',
        dataset,
        '--frames',
        '4',
        '--out',
        join(folder, checkpoint),
      ],
      folder,
    ).ended;

  it.each([
    ['no-action-statistics', 'policy_postprocessor.json normalises action by MEAN_STD'],
    ['old-unfilled', 'model.safetensors has mean of action that is not finite'],
  ])('refuses %s in one line with exit code 2', async (name, words) => {
    const { code, stderr, stdout } = await run(name);
    expect(stderr).toContain(words);
    expect([code, stderr.trim().split('\n').length, stdout]).toEqual([2, 1, '']);
    expect(existsSync(join(folder, name))).toBe(false);
    expect(readdirSync(folder).filter((file) => file.includes(name))).toEqual([]);
  });

  it('keeps temporal ensembling, and agrees with lerobot in both runtimes', async () => {
    const { code, stderr } = await run('ensembling');
    expect(code, stderr).toBe(0);
    const { contract } = await loadPolicy(join(folder, 'ensembling'));
    expect(contract).toMatchObject({ action_steps: 1, temporal_ensemble: 0.01 });
    for (const { end_to_end } of Object.values(contract.parity)) expect(end_to_end).toBeLessThan(1e-3);
    expect(Object.keys(contract.parity)).toContain('onnxruntime_node');
  });
});
