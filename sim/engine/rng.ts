/**
 * The only source of randomness: a seeded generator (sfc32) that gives the same numbers everywhere.
 * Streams are named: `Rng.from('gen', seed, scenario, slot, attempt)` never depends on what else was drawn.
 * sfc32: C. Doty-Humphrey's Small Fast Counting generator, 32 bit; passes PractRand. Names are hashed with
 * cyrb-style multiply-xor mixing into the four state words.
 */
import { cos, sin, TWO_PI } from './math.ts';

export class Rng {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  private constructor(a: number, b: number, c: number) {
    this.a = a;
    this.b = b;
    this.c = c;
    for (let i = 0; i < 12; i++) this.uint32();
  }

  /** A stream of its own for each list of names; ('a', 1) and ('a1') differ. */
  static from(...names: (string | number)[]): Rng {
    const [a, b, c] = hashNames(names);
    return new Rng(a, b, c);
  }

  /** A whole number in [0, 2^32). */
  uint32(): number {
    const sum = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** A number in [0, 1) with 53 random bits. */
  unit(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  /** A number in [low, high). */
  range(low: number, high: number): number {
    return low + (high - low) * this.unit();
  }

  /** A whole number in [low, high], both ends included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.unit() * (high - low + 1));
  }

  /** One of the items. */
  pick<T>(items: readonly T[]): T {
    return items[this.integer(0, items.length - 1)];
  }

  /** A draw from the normal distribution (Box-Muller; the logarithm is our own, for the same reason as sin). */
  normal(mean: number, deviation: number): number {
    const radius = Math.sqrt(-2 * logarithm(1 - this.unit()));
    return mean + deviation * radius * cos(TWO_PI * this.unit());
  }

  /** A direction on the unit circle, as [x, z]. */
  direction(): [number, number] {
    const angle = this.unit() * TWO_PI;
    return [sin(angle), cos(angle)];
  }
}

/** Natural logarithm of x in (0, 1], by atanh series on the mantissa: exact operations only. */
function logarithm(x: number): number {
  let mantissa = x;
  let exponent = 0;
  while (mantissa < Math.SQRT1_2) {
    mantissa *= 2;
    exponent--;
  }
  const t = (mantissa - 1) / (mantissa + 1);
  const t2 = t * t;
  let sum = 0;
  for (let k = 25; k >= 1; k -= 2) sum = sum * t2 + 1 / k;
  return 2 * t * sum + exponent * Math.LN2;
}

function hashNames(names: readonly (string | number)[]): [number, number, number] {
  let a = 0x9e3779b9;
  let b = 0x243f6a88;
  let c = 0xb7e15162;
  const text = names.map((name) => `${typeof name}:${name}`).join('\u0000');
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x85ebca6b);
    b = Math.imul(b ^ code, 0xc2b2ae35);
    c = Math.imul(c ^ code, 0x27d4eb2f);
    a ^= b >>> 15;
    b ^= c >>> 13;
    c ^= a >>> 16;
  }
  return [a, b, c];
}
