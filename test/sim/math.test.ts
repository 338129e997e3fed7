import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { atan2, cos, PI, sin, wrapAngle } from '../../sim/engine/math.ts';
import { Rng } from '../../sim/engine/rng.ts';

const angle = fc.double({ min: -1e4, max: 1e4, noNaN: true });
// -0 + 0 is 0: atan2 here does not tell signed zeros apart, the engine's does.
const coordinate = fc.double({ min: -100, max: 100, noNaN: true }).map((value) => value + 0);

describe('trigonometry', () => {
  it('agrees with the engine to 1e-12', () => {
    fc.assert(
      fc.property(angle, coordinate, coordinate, (x, a, b) => {
        expect(Math.abs(sin(x) - Math.sin(x))).toBeLessThan(1e-12);
        expect(Math.abs(cos(x) - Math.cos(x))).toBeLessThan(1e-12);
        const expected = Math.atan2(a, b);
        const apart = Math.abs(atan2(a, b) - expected);
        expect(Math.min(apart, Math.abs(apart - 2 * PI))).toBeLessThan(1e-12);
      }),
      { numRuns: 500 },
    );
  });

  it('wraps into [-pi, pi) and keeps the direction', () => {
    fc.assert(
      fc.property(angle, (x) => {
        const wrapped = wrapAngle(x);
        expect(wrapped).toBeGreaterThanOrEqual(-PI);
        expect(wrapped).toBeLessThan(PI);
        expect(Math.abs(sin(wrapped) - sin(x))).toBeLessThan(1e-9);
      }),
    );
    expect(wrapAngle(PI)).toBe(-PI);
  });
});

describe('random streams', () => {
  it('give the same numbers for the same names, and others for other names', () => {
    const draw = (...names: (string | number)[]) => {
      const rng = Rng.from(...names);
      return Array.from({ length: 8 }, () => rng.uint32());
    };
    expect(draw('gen', 1, 'a')).toEqual(draw('gen', 1, 'a'));
    const streams = [
      draw('gen', 1, 'a'),
      draw('gen', 1, 'b'),
      draw('gen', 11, 'a'),
      draw('gen1', 'a'),
      draw('gen', '1', 'a'),
    ];
    expect(new Set(streams.map(String)).size).toBe(streams.length);
  });

  it('are spread evenly', () => {
    const rng = Rng.from('spread');
    const counts = new Array(10).fill(0);
    for (let i = 0; i < 20000; i++) counts[rng.integer(0, 9)]++;
    expect(Math.min(...counts)).toBeGreaterThan(1800);
    expect(Math.max(...counts)).toBeLessThan(2200);
  });

  it('are uncorrelated between neighbours', () => {
    let sum = 0;
    for (let i = 0; i < 4000; i++)
      sum += (Rng.from('s', i).unit() - 0.5) * (Rng.from('s', i + 1).unit() - 0.5);
    expect(Math.abs((12 * sum) / 4000)).toBeLessThan(0.06);
  });
});
