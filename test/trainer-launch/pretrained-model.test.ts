import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { trainerArguments } from '../../trainer/launch/overrides.ts';
import { pretrainedModel } from '../../trainer/launch/pretrained-model.ts';

const home = mkdtempSync(join(tmpdir(), 'brickyard-pretrained-'));
const run = join(home, 'run');
for (const step of ['001000', '002000']) {
  mkdirSync(join(run, 'checkpoints', step, 'pretrained_model'), { recursive: true });
  writeFileSync(join(run, 'checkpoints', step, 'pretrained_model', 'config.json'), '{}');
}
symlinkSync('001000', join(run, 'checkpoints', 'best'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

it.each([
  ['run', 'best'],
  ['run@1000', '001000'],
  ['run@002000', '002000'],
  ['run@best', 'best'],
  ['run/checkpoints/002000', '002000'],
])('finds %s', (named, checkpoint) => {
  expect(pretrainedModel(join(home, named))).toBe(join(run, 'checkpoints', checkpoint, 'pretrained_model'));
});

it('says which checkpoints there are', () => {
  expect(() => pretrainedModel(`${run}@3000`)).toThrow(
    `run ${run} has no checkpoint "3000"; there are 001000, 002000, best`,
  );
  expect(() => pretrainedModel(join(home, 'none@5'))).toThrow('does not exist; name a checkpoint or a run');
});

it('is what training.init_from means by a run and a step', () => {
  const passed = (value: string) =>
    trainerArguments({ allowChange: [], overrides: [`training.init_from=${value}`] });
  expect(passed(`${run}@1000`)).toEqual([
    `training.init_from='${join(run, 'checkpoints', '001000', 'pretrained_model')}'`,
  ]);
  expect(() => passed(`${run}@3000`)).toThrow('has no checkpoint "3000"');
});
