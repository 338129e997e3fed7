/** What a loop makes of how `train` elsewhere ended; a program in place of ours says what it is told to. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CliStages } from '../../loop/cli-stages.ts';
import type { RequestOf } from '../../loop/stages.ts';
import { newState } from './fake-stages.ts';

const REQUEST: RequestOf<'train'> = {
  ...{ kind: 'train', id: '00/train', round: 0, out: 'rounds/00/run', dataset: 'rounds/00/data/fresh' },
  ...{ steps: 10, seed: 3, attempt: 1, lr: 1e-3, initFrom: null },
};
const SUMMARY = { run: 'x-round-00', left: [], faults: [] };

let folder: string;
const [, program] = process.argv;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'brickyard-loop-'));
});
afterEach(() => {
  process.argv[1] = program;
  rmSync(folder, { recursive: true, force: true });
});

/** Trains by a program that says `text`, ends with `code`, and leaves its arguments and where it stood. */
function train(code: number, summary: object, text = '') {
  const { content, machine } = newState({}, {}, { provider: 'ssh' });
  const stub = join(folder, 'stub.mjs');
  const said = `${JSON.stringify(JSON.stringify(summary))}`;
  writeFileSync(
    stub,
    `import { writeFileSync } from 'node:fs';
writeFileSync(${JSON.stringify(join(folder, 'asked'))}, [process.env.INIT_CWD, ...process.argv.slice(2)].join(' '));
console.error(${JSON.stringify(text)});
console.log(${said});
process.exitCode = ${code};`,
  );
  process.argv[1] = stub;
  const elsewhere = { folder: join(folder, 'yard'), loopId: 'x' };
  const stages = new CliStages({ out: folder, content, machine, elsewhere, onText: () => {} });
  return stages.run(REQUEST, { niceness: 0, workers: null });
}

const asked = (): string => readFileSync(join(folder, 'asked'), 'utf8');

it('stops with the reason and what may still cost money', async () => {
  const capped = { ...SUMMARY, outcome: 'capped', reason: '--max-hours 1 is near', left: ['box-1'] };
  expect(await train(1, capped, 'outputs: /runs/x')).toMatchObject({
    ...{ kind: 'failed', badInput: false },
    message: 'run x-round-00 capped: --max-hours 1 is near; box-1 was NOT cleaned up and may cost money',
  });
  expect(asked()).toMatch(new RegExp(`^${folder}/yard train --provider ssh .*--run-id x-round-00 `));
});

it('goes on with what was begun there', async () => {
  mkdirSync(join(folder, 'yard/runs/x-round-00'), { recursive: true });
  writeFileSync(join(folder, 'yard/runs/x-round-00/plan.json'), '{}');
  expect(await train(130, { ...SUMMARY, outcome: 'interrupted', reason: '' })).toMatchObject({
    kind: 'interrupted',
  });
  expect(asked()).toBe(`${folder}/yard train resume x-round-00 --json`);
});

it('knows a training that diverged by the end of its log', async () => {
  const failed = {
    ...SUMMARY,
    outcome: 'failed',
    reason: '4 attempts in a row ended without a new checkpoint',
  };
  const log = 'error: the loss or its gradient is nan at step 7';
  expect(await train(1, failed, `${log}\nfailed: ${failed.reason}`)).toMatchObject({
    kind: 'unusable',
    message: 'the loss or its gradient is nan at step 7',
  });
});
