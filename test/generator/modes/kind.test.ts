import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EPISODE_KINDS, kindOfSlot, MODE_DEFAULTS, modesOf } from '../../../generator/modes/kind.ts';
import { parseModeOptions, type RawModeOptions } from '../../../generator/modes/options.ts';

const counted = (kinds: string[]) =>
  Object.fromEntries(EPISODE_KINDS.map((kind) => [kind, kinds.filter((k) => k === kind).length]));

describe('kindOfSlot', () => {
  test('any stretch of slots has the shares, to within two episodes', () => {
    const shares = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(shares, fc.nat(50), fc.string(), fc.nat(1000), (noiseShare, seed, scenario, from) => {
        const n = 60;
        const kinds = Array.from({ length: n }, (_, i) =>
          kindOfSlot({ noiseShare }, seed, scenario, from + i),
        );
        expect(Math.abs(counted(kinds).noise - n * noiseShare)).toBeLessThanOrEqual(3);
      }),
    );
  });

  test('one slot of many scenarios has the shares, too', () => {
    const kinds = Array.from({ length: 400 }, (_, i) => kindOfSlot({ noiseShare: 0.25 }, 0, `yard-${i}`, 0));
    expect(counted(kinds).noise).toBeGreaterThan(70);
    expect(counted(kinds).noise).toBeLessThan(130);
  });

  test('shares of 0 and 1 leave no exception', () => {
    for (let slot = 0; slot < 500; slot++) {
      expect(kindOfSlot({ noiseShare: 0 }, 1, 'wall', slot)).toBe('expert');
      expect(kindOfSlot({ noiseShare: 1 }, 1, 'wall', slot)).toBe('noise');
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
    expect(parseModeOptions({ mode: 'noise' }, [])).toEqual({ mode: 'noise', noiseShare: 1, noiseLevel: 1 });
    expect(parseModeOptions({ mode: 'mix', noiseLevel: '.5' }, [])).toMatchObject({ noiseLevel: 0.5 });
  });

  test.each([
    [{ mode: 'perfect' }, '--mode must be one of expert, noise'],
    [{ mode: 'noise', noiseShare: '1.5' }, '--noise-share must be a number from 0 to 1'],
    [{ mode: 'noise', noiseShare: '-1' }, 'got "-1"'],
    [{ mode: 'noise', noiseLevel: '0' }, '--noise-level must be a number above 0, up to 2, got "0"'],
    [{ mode: 'noise', noiseLevel: '9' }, 'got "9"'],
    [{ mode: 'noise', noiseLevel: '1e0' }, 'got "1e0"'],
    [{ noiseLevel: '1' }, '--noise-level means nothing in --mode expert'],
    [{ mode: 'expert', noiseShare: '0.2' }, 'use --mode noise or mix'],
  ] as const)('%j', (raw, text) => {
    expect(faultsOf(raw)).toContain(text);
  });

  test('a run from before there were modes was the expert’s', () => {
    expect(modesOf({})).toEqual(MODE_DEFAULTS);
  });
});
