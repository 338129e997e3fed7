/** Changes to bytes that a format's readers meet: turned bits, cuts, repeated parts, and numbers at their limits. */
import fc from 'fast-check';

export interface Mutation {
  /** Of the file's length, from 0 to 1. */
  at: number;
  kind: 'bit' | 'byte' | 'number' | 'cut' | 'repeat' | 'remove';
  value: number;
}

/** Numbers at which counts, sizes and offsets break. */
const LIMITS = [0, 1, 127, 128, 255, 2 ** 15, 2 ** 16 - 1, 2 ** 24, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];

export const mutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    kind: fc.constantFrom('bit', 'bit', 'byte', 'number', 'number', 'cut', 'repeat', 'remove'),
    value: fc.oneof(fc.constantFrom(...LIMITS), fc.nat(255)),
  }),
  { minLength: 1, maxLength: 4 },
);

/** @param places offsets where a format keeps its counts and names; most mutations are made there */
export function mutated(
  file: Uint8Array,
  changes: readonly Mutation[],
  places: readonly number[] = [],
): Buffer {
  let bytes: Buffer = Buffer.from(file);
  for (const [i, { at, kind, value }] of changes.entries()) {
    if (bytes.length === 0) return bytes;
    const anywhere = Math.min(bytes.length - 1, Math.floor(at * bytes.length));
    const offset = i === 0 && places.length > 0 ? places[Math.floor(at * 997) % places.length] : anywhere;
    bytes = changed(bytes, Math.min(offset, bytes.length - 1), kind, value);
  }
  return bytes;
}

function changed(bytes: Buffer, at: number, kind: Mutation['kind'], value: number): Buffer {
  switch (kind) {
    case 'bit':
      bytes[at] ^= 1 << (value % 8);
      return bytes;
    case 'byte':
      bytes[at] = value % 256;
      return bytes;
    case 'number':
      if (at + 4 > bytes.length) return bytes;
      if (value % 2 === 0) bytes.writeUInt32BE(value, at);
      else bytes.writeUInt32LE(value, at);
      return bytes;
    case 'cut':
      return bytes.subarray(0, at);
    case 'remove':
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + (value % 64))]);
    case 'repeat': {
      const part = bytes.subarray(at, at + 1 + (value % 64));
      return Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(at)]);
    }
  }
}

/** Changes to a tree of JSON: another value at a place, a place gone, a name changed. */
export interface TreeMutation {
  place: number;
  value: unknown;
  kind: 'value' | 'remove' | 'rename';
}

const odd = fc.constantFrom<unknown>(
  ...[null, true, -1, 0, 1.5, 1e18, 4e9, '', 'x', '../x', '/etc/passwd', '\u0000', '\u202e', '__proto__'],
  ...[[], {}, [[]], [null], { a: 1 }, 'n'.repeat(5000), Array(1000).fill(0)],
);
export const treeMutations: fc.Arbitrary<TreeMutation[]> = fc.array(
  fc.record({
    place: fc.nat(),
    value: odd,
    kind: fc.constantFrom('value', 'value', 'value', 'remove', 'rename'),
  }),
  { minLength: 1, maxLength: 3 },
);

export function mutatedTree(tree: unknown, changes: readonly TreeMutation[]): unknown {
  const copy = structuredClone(tree);
  for (const { place, value, kind } of changes) {
    const places = placesIn(copy);
    if (places.length === 0) return copy;
    const { holder, key } = places[place % places.length];
    const held = holder as Record<string, unknown>;
    if (kind !== 'value' && !Array.isArray(holder)) {
      const name = typeof value === 'string' ? value : 'x';
      if (kind === 'rename')
        Object.defineProperty(held, name, {
          value: held[key],
          enumerable: true,
          configurable: true,
          writable: true,
        });
      delete held[key];
    } else held[key] = structuredClone(value);
  }
  return copy;
}

function placesIn(tree: unknown): { holder: object; key: string }[] {
  if (typeof tree !== 'object' || tree === null) return [];
  return Object.entries(tree).flatMap(([key, value]) => [{ holder: tree, key }, ...placesIn(value)]);
}
