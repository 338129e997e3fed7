/**
 * A 64-bit fingerprint of bytes, for telling states apart, not for secrecy.
 * Two independent 32-bit lanes of FNV-1a over the words, finished with MurmurHash3's mixer.
 */

function finish(hash: number): number {
  let h = hash;
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** 16 hex digits that depend on every bit of `bytes` and on their number. */
export function hashBytes(bytes: Uint8Array): string {
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  for (let i = 0; i < bytes.length; i++) {
    a = Math.imul(a ^ bytes[i], 0x01000193);
    b = Math.imul((b ^ bytes[i]) + ((b << 13) | (b >>> 19)), 0x5bd1e995);
  }
  const high = finish(a ^ bytes.length);
  const low = finish(b ^ a);
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
}

/** The hash of the exact bits of numbers, little-endian whatever the machine. */
export function hashFloats(values: readonly number[]): string {
  const view = new DataView(new ArrayBuffer(values.length * 8));
  values.forEach((value, i) => {
    view.setFloat64(i * 8, value, true);
  });
  return hashBytes(new Uint8Array(view.buffer));
}
