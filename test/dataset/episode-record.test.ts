import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRecord, encodeRecord, TornRecordError } from '../../dataset/episode-record.ts';
import { madeUpVideo } from './made-up-video.ts';
import { madeUpRecord } from './records.ts';

const record = madeUpRecord({ episode: 3, frames: 17, video: madeUpVideo({ frames: 17, seed: 5 }) });
const bytes = encodeRecord(record);

describe('episode record', () => {
  it('comes back whole', () => {
    expect(decodeRecord(bytes)).toEqual(record);
  });

  it('comes back whole from bytes at any offset of a larger buffer', () => {
    for (let offset = 0; offset < 9; offset++) {
      const larger = new Uint8Array(bytes.length + 16);
      larger.set(bytes, offset);
      expect(decodeRecord(larger.subarray(offset, offset + bytes.length))).toEqual(record);
    }
  });

  it('gives the same bytes for the same record', () => {
    expect(encodeRecord(decodeRecord(bytes))).toEqual(bytes);
  });

  it('keeps records of any length', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(1000), (frames, seed) => {
        const some = madeUpRecord({ episode: seed % 7, frames, video: madeUpVideo({ frames, seed }) });
        expect(decodeRecord(encodeRecord(some))).toEqual(some);
      }),
      { numRuns: 50 },
    );
  });

  it('sees a file torn anywhere', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), (length) => {
        expect(() => decodeRecord(bytes.slice(0, length))).toThrow(TornRecordError);
      }),
    );
  });

  it('sees a file whose tail was never written', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), (length) => {
        const torn = bytes.slice();
        torn.fill(0, length);
        // A tail of zeros that was zeros anyway is no damage.
        fc.pre(!Buffer.from(torn).equals(bytes));
        expect(() => decodeRecord(torn)).toThrow(TornRecordError);
      }),
    );
  });

  it('sees one turned bit anywhere', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(7), (at, bit) => {
        const damaged = bytes.slice();
        damaged[at] ^= 1 << bit;
        expect(() => decodeRecord(damaged)).toThrow(TornRecordError);
      }),
    );
  });
});
