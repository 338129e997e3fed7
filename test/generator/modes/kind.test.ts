import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  EPISODE_KINDS,
  kindOfSlot,
  MODE_DEFAULTS,
  MODE_SHARES,
  modesOf,
} from '../../../generator/modes/kind.ts';
import { parseModeOptions, type RawModeOptions } from '../../../generator/modes/options.ts';
import { defaultTask } from '../../../sim/tasks/default-task.ts';

const counted = (kinds: string[]) =>
  Object.fromEntries(EPISODE_KINDS.map((kind) => [kind, kinds.filter((k) => k === kind).length]));

describe('kindOfSlot', () => {
  test('any stretch of slots has the shares, to within an episode or two', () => {
    const share = fc.double({ min: 0, max: 0.5, noNaN: true });
    fc.assert(
      fc.property(
        share,
        share,
        fc.nat(50),
        fc.string(),
        fc.nat(1000),
        (recovery, noise, seed, name, from) => {
          const n = 60;
          const shares = { recoveryShare: recovery, noiseShare: noise };
          const kinds = Array.from({ length: n }, (_, i) => kindOfSlot(shares, seed, name, from + i));
          expect(Math.abs(counted(kinds).recovery - n * recovery)).toBeLessThanOrEqual(1);
          expect(Math.abs(counted(kinds).noise - n * noise)).toBeLessThanOrEqual(2);
        },
      ),
    );
  });

  test('one slot of many scenarios has the shares, too', () => {
    const kinds = Array.from({ length: 400 }, (_, i) => kindOfSlot(MODE_SHARES.mix, 0, `yard-${i}`, 0));
    const { noise, recovery } = counted(kinds);
    expect(Math.abs(noise - 400 * MODE_SHARES.mix.noiseShare)).toBeLessThan(30);
    expect(Math.abs(recovery - 400 * MODE_SHARES.mix.recoveryShare)).toBeLessThan(30);
  });

  test('shares of 0 and 1 leave no exception', () => {
    for (let slot = 0; slot < 500; slot++) {
      for (const mode of ['expert', 'noise', 'recovery'] as const)
        expect(kindOfSlot(MODE_SHARES[mode], 1, 'wall', slot)).toBe(mode);
    }
  });
});

describe('parseModeOptions', () => {
  const faultsOf = (raw: RawModeOptions): string => {
    const faults: string[] = [];
    parseModeOptions(raw, faults);
    return faults.join('\n');
  };

  test('defaults', () => {
    expect(parseModeOptions({}, [])).toEqual(MODE_DEFAULTS);
    expect(parseModeOptions({ mode: 'noise' }, [])).toEqual({
      ...MODE_DEFAULTS,
      mode: 'noise',
      noiseShare: 1,
    });
    expect(parseModeOptions({ mode: 'recovery', recoveryShare: '0.25' }, [])).toMatchObject({
      recoveryShare: 0.25,
      noiseShare: 0,
    });
    expect(parseModeOptions({ mode: 'mix', noiseLevel: '.5' }, [])).toMatchObject({ noiseLevel: 0.5 });
  });

  test.each([
    [{}, 0.25, 0.5],
    [{ recoveryShare: '0.75' }, 0.75, 0.25],
    [{ noiseShare: '0.875' }, 0.125, 0.875],
    [{ recoveryShare: '0.1' }, 0.1, 0.5],
  ])('a default of mix gives way to the share that is asked for: %j', (given, recoveryShare, noiseShare) => {
    const faults: string[] = [];
    const options = parseModeOptions({ mode: 'mix', ...given }, faults);
    expect(options).toMatchObject({ recoveryShare, noiseShare });
    expect(faults).toEqual([]);
  });

  test('a task without disturbances has no recoveries, and mix does without', () => {
    const task = { ...defaultTask, name: 'still', disturbances: undefined };
    const faults: string[] = [];
    expect(parseModeOptions({ mode: 'mix' }, faults, task)).toMatchObject({
      recoveryShare: 0,
      noiseShare: 0.5,
    });
    expect(faults).toEqual([]);
    parseModeOptions({ mode: 'recovery' }, faults, task);
    parseModeOptions({ mode: 'mix', recoveryShare: '0.2' }, faults, task);
    expect(faults).toHaveLength(2);
    for (const fault of faults) expect(fault).toContain('task still has no disturbances to recover from');
  });

  test.each([
    [{ mode: 'perfect' }, '--mode must be one of expert, noise'],
    [{ mode: 'noise', noiseShare: '1.5' }, '--noise-share must be a number from 0 to 1'],
    [{ mode: 'noise', noiseShare: '-1' }, 'got "-1"'],
    [{ mode: 'noise', noiseLevel: '0' }, '--noise-level must be a number above 0, up to 2, got "0"'],
    [{ mode: 'noise', noiseLevel: '9' }, 'got "9"'],
    [{ mode: 'noise', noiseLevel: '1e0' }, 'got "1e0"'],
    [
      { mode: 'noise', noiseAmplitude: '1,2,3' },
      '--noise-amplitude must be 4 numbers from 0 to 2, of steering',
    ],
    [{ mode: 'noise', noiseAmplitude: '1,2,0,x' }, 'got "1,2,0,x"'],
    [{ noiseLevel: '1' }, '--noise-level means nothing in --mode expert'],
    [{ mode: 'expert', noiseShare: '0.2' }, 'use --mode noise or mix'],
    [{ mode: 'noise', recoveryShare: '0.2' }, 'use --mode recovery or mix'],
    [
      { mode: 'mix', recoveryShare: '0.7', noiseShare: '0.4' },
      'are more than all episodes: together at most 1',
    ],
  ] as const)('%j', (raw, text) => {
    expect(faultsOf(raw)).toContain(text);
  });

  test('a run from before there were modes was the expert’s', () => {
    expect(modesOf({})).toEqual(MODE_DEFAULTS);
  });
});
