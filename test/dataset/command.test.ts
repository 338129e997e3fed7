import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { datasetCommand } from '../../dataset/command.ts';
import { InputError, NegativeResult } from '../../sim/errors.ts';
import { LENGTHS, records, writeAll } from './small-dataset.ts';

let folder: string;
let root: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'brickyard-command-'));
  root = join(folder, 'set');
  await writeAll({ out: root });
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the command in this process. */
async function dataset(...args: string[]): Promise<{ stdout: string; error?: Error }> {
  const program = new Command('brickyard')
    .option('--json')
    .option('--quiet')
    .option('--verbose')
    .exitOverride();
  program.addCommand(datasetCommand().copyInheritedSettings(program));
  const written: string[] = [];
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  try {
    await program.parseAsync(['dataset', ...args], { from: 'user' });
    return { stdout: written.join('') };
  } catch (error) {
    return { stdout: written.join(''), error: error as Error };
  } finally {
    spy.mockRestore();
  }
}

describe('dataset validate', () => {
  it('says valid, in words and as the last line of JSON', async () => {
    const words = await dataset('validate', root, '--min-episodes', '8');
    expect(words.error).toBeUndefined();
    expect(words.stdout).toMatch(/^valid: 8 episodes, 268 frames, 0 faults, 0 warnings$/m);
    const { stdout } = await dataset('validate', root, '--min-episodes', '8', '--json');
    expect(JSON.parse(stdout.trim().split('\n').at(-1)!)).toMatchObject({
      ...{ ok: true, episodes: 8, frames: LENGTHS.reduce((a, b) => a + b), faults: [], warnings: [] },
    });
  });

  it('answers no with the faults, 50 episodes being the least unless said otherwise', async () => {
    const { stdout, error } = await dataset('validate', root, '--expect-size', '96x64', '--json');
    expect(error).toBeInstanceOf(NegativeResult);
    const report = JSON.parse(stdout);
    expect(report.ok).toBe(false);
    expect(report.faults).toEqual([
      { episode: null, check: 'min-episodes', message: expect.stringContaining('at least 50') },
    ]);
  });

  it.each([
    [['validate', 'nowhere-at-all'], /does not exist/],
    [['validate', '.', '--min-episodes', '-1'], /--min-episodes must be a whole number from 0, got "-1"/],
    [['validate', '.', '--min-episodes', 'NaN'], /got "NaN"/],
    [['validate', '.', '--expect-size', '320*240'], /WIDTHxHEIGHT.*got "320\*240"/],
    [['preview', '.', '--episodes', '0'], /from 1 to 100, got "0"/],
    [['info', 'nowhere-at-all'], /does not exist/],
  ])('refuses bad input in one sentence: %j', async (args, message) => {
    const { error, stdout } = await dataset(...args);
    expect(error).toBeInstanceOf(InputError);
    expect(error?.message).toMatch(message);
    expect(stdout).toBe('');
  });
});

describe('dataset info', () => {
  it('tells sizes, ranges and episodes by scenario and source', async () => {
    const { stdout } = await dataset('info', root, '--json');
    const summary = JSON.parse(stdout);
    const noisy = records.reduce((sum, record) => sum + record.sources.filter((s) => s === 1).length, 0);
    expect(summary).toMatchObject({
      ...{ episodes: 8, fps: 10, robot: 'wheel_loader', episode_frames: { min: 9, median: 33, max: 60 } },
      cameras: [{ name: 'observation.images.ego', width: 96, height: 64, codec: 'h264' }],
      by_scenario: { 'one-brick': { episodes: 4 }, few: { episodes: 4 } },
      by_source: { expert: 6, 'expert + noise': 2 },
      frames_by_source: { expert: summary.frames - noisy, noise: noisy },
    });
    expect(Object.keys(summary.frames_by_source)).toEqual(['expert', 'noise']);
    const action = summary.features.find((feature: { name: string }) => feature.name === 'action');
    expect(action.dimensions.map((dimension: { name: string }) => dimension.name)).toEqual([
      'steering',
      'throttle',
      'bucket',
      'lift',
    ]);
    for (const { min, max } of action.dimensions) expect(min >= -1 && max <= 1 && min < max).toBe(true);
    const words = await dataset('info', root);
    expect(words.stdout).toContain('8 episodes, 268 frames at 10 fps');
    expect(words.stdout).toMatch(/one-brick\s+4\s/);
  });
});

describe('dataset preview', () => {
  it('says so when the video cannot be decoded, and leaves no file', async () => {
    const out = join(folder, 'sheet.png');
    const { error } = await dataset('preview', root, '--out', out); // its samples are random bytes
    expect(error).toBeInstanceOf(NegativeResult);
    expect(() => readFileSync(out)).toThrow();
  });
});
