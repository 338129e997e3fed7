import { describe, expect, test } from 'vitest';
import { parseGenOptions, type RawGenOptions } from '../../generator/settings.ts';
import { InputError } from '../../sim/errors.ts';

const host = { cores: 2, scenarioCount: () => 13 };
const parse = (raw: RawGenOptions) => parseGenOptions(raw, host);
const complaint = (raw: RawGenOptions): string => {
  try {
    parse(raw);
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message;
  }
  throw new Error(`${JSON.stringify(raw)} was accepted`);
};

describe('parseGenOptions', () => {
  test('defaults', () => {
    expect(parse({})).toEqual({
      scenarios: 'all',
      episodes: 100,
      seed: 0,
      widthPx: 320,
      heightPx: 240,
      fps: 10,
      state: 'seed4',
      mode: 'expert',
      recoveryShare: 0,
      noiseShare: 0,
      noiseLevel: 1,
      noiseAmplitude: [1.2, 0.7, 0.6, 0.6],
      workers: 2,
      backend: 'auto',
    });
  });

  test('--per-scenario multiplies', () => {
    expect(parse({ perScenario: '4' }).episodes).toBe(52);
  });

  test.each([
    ['workers', '0', '--workers must be a whole number from 1 to 64'],
    ['workers', '-1', 'got "-1"'],
    ['workers', '1e9', 'got "1e9"'],
    ['workers', '1000000000', 'from 1 to 64'],
    ['workers', 'x', 'got "x"'],
    ['workers', '2.5', 'got "2.5"'],
    ['workers', '', 'got ""'],
    ['episodes', '0', '--episodes must be a whole number from 1 to 1000000'],
    ['episodes', 'NaN', 'got "NaN"'],
    ['perScenario', '0', '--per-scenario'],
    ['size', '320', '--size must be WIDTHxHEIGHT'],
    ['size', '321x240', 'the width must be even'],
    ['size', '320x99999', 'the height must be from 32 to 1920 pixels, got 99999'],
    ['size', '-320x240', '--size must be WIDTHxHEIGHT'],
    ['fps', '7', '--fps must be one of 5, 6, 8, 10'],
    ['fps', 'x', 'got "x"'],
    ['state', 'seed5', '--state must be one of seed4, full, got "seed5"'],
    ['seed', '-1', '--seed'],
    ['mode', 'perfect', '--mode must be one of expert'],
    ['backend', 'vulkan', '--backend must be one of auto, gl-egl, swiftshader'],
  ] as const)('%s %s', (key, value, text) => {
    expect(complaint({ [key]: value })).toContain(text);
  });

  test('all faults are told at once', () => {
    const text = complaint({ workers: '0', episodes: '0', size: 'big' });
    expect(text).toContain('3 faults');
    for (const name of ['--workers', '--episodes', '--size']) expect(text).toContain(name);
  });

  test('--episodes and --per-scenario exclude each other', () => {
    expect(complaint({ episodes: '5', perScenario: '5' })).toContain('exclude each other');
  });
});
