/** Videos of a dataset whose boxes claim what the file does not hold. */
import { join } from 'node:path';
import type { HostileCase, HostileClass } from '../case.ts';
import { bytes, type Change, datasetCase, VIDEO, validate } from './dataset.ts';
import { STANDS } from './not-regular.ts';

const inVideo = (name: string, kind: HostileClass, change: Change, extra = {}): HostileCase =>
  datasetCase({ format: 'MP4', kind, name, change, says: /mp4|video/, ...extra });

/** Players read such a file in some way; the frames that it then gives are the ones it has. */
const HANDLED = { codes: [0, 1, 2], says: /\S/ };

/** Where a box's content begins; boxes are found by their name, which stands in the file once. */
function boxAt(file: Buffer, name: string): number {
  const at = file.indexOf(name, 0, 'latin1');
  if (at < 0) throw new Error(`no box ${name}`);
  return at + 4;
}

/** Writes a 32-bit number at a place within a box's content. */
const number = (box: string, at: number, value: number): Change =>
  bytes(VIDEO, (file) => {
    file.writeUInt32BE(value >>> 0, boxAt(file, box) + at);
    return file;
  });

const sizeOf = (box: string, value: number): Change => number(box, -8, value);
const renamed = (box: string, name: string): Change =>
  bytes(VIDEO, (file) => {
    file.write(name, boxAt(file, box) - 4, 'latin1');
    return file;
  });

const HUGE = [1e8, 2 ** 31, 2 ** 32 - 1];

const counts: HostileCase[] = [
  ...HUGE.map((count) => inVideo(`stsz: ${count} samples`, 'huge count', number('stsz', 8, count))),
  ...HUGE.map((count) =>
    inVideo(
      `stsz: ${count} samples of the same size`,
      'huge count',
      bytes(VIDEO, (file) => {
        file.writeUInt32BE(1, boxAt(file, 'stsz') + 4);
        file.writeUInt32BE(count, boxAt(file, 'stsz') + 8);
        return file;
      }),
    ),
  ),
  ...['stts', 'stsc', 'stss', 'stco'].flatMap((box) =>
    HUGE.map((count) => inVideo(`${box}: ${count} entries`, 'huge count', number(box, 4, count))),
  ),
  inVideo('stts: an entry of 2^31 samples', 'huge count', number('stts', 8, 2 ** 31), HANDLED),
  inVideo('stts: a sample that lasts 2^32 units', 'wrong value', number('stts', 12, 2 ** 32 - 1)),
  inVideo('stts: a sample that lasts 0 units', 'wrong value', number('stts', 12, 0), HANDLED),
  inVideo('stsc: 2^31 samples a chunk', 'huge count', number('stsc', 12, 2 ** 31), HANDLED),
  inVideo('stsc: 0 samples a chunk', 'wrong value', number('stsc', 12, 0), HANDLED),
  inVideo('stsz: a sample of 4 GB', 'wrong value', number('stsz', 12, 2 ** 32 - 1)),
  inVideo('stco: a chunk behind the file', 'wrong value', number('stco', 8, 2 ** 31)),
  inVideo('mdhd: a time scale of 0', 'wrong value', number('mdhd', 12, 0), HANDLED),
  inVideo('mdhd: 2^32 units a second', 'wrong value', number('mdhd', 12, 2 ** 32 - 1), HANDLED),
  inVideo('tkhd: another track number', 'wrong value', number('tkhd', 12, 99), HANDLED),
];

const BOXES = ['moov', 'trak', 'mdia', 'minf', 'stbl', 'stsd', 'avcC', 'mdat'];
const sizes: HostileCase[] = BOXES.flatMap((box) =>
  [0, 1, 7, 2 ** 31, 2 ** 32 - 1].map((size) =>
    inVideo(`${box}: a box of ${size} bytes`, 'wrong value', sizeOf(box, size), HANDLED),
  ),
);

const missing: HostileCase[] = ['moov', 'trak', 'mdia', 'stbl', 'stsz', 'stts', 'stsd', 'avcC'].map((box) =>
  inVideo(`no ${box}`, 'damaged', renamed(box, 'free'), HANDLED),
);

/** Boxes within boxes, as a container that a reader descends into. */
function nested(name: string, depth: number): Buffer {
  const file = Buffer.alloc(depth * 8);
  for (let i = 0; i < depth; i++) {
    file.writeUInt32BE((depth - i) * 8, i * 8);
    file.write(name, i * 8 + 4, 'latin1');
  }
  return file;
}

const wholes: HostileCase[] = [
  inVideo(
    'cut in half',
    'damaged',
    bytes(VIDEO, (all) => all.subarray(0, all.length / 2)),
  ),
  inVideo(
    'its first 40 bytes',
    'damaged',
    bytes(VIDEO, (all) => all.subarray(0, 40)),
  ),
  inVideo(
    'text',
    'damaged',
    bytes(VIDEO, () => Buffer.from('no video at all, but long enough to be one')),
  ),
  inVideo(
    'moov nested 100,000 deep',
    'never ends',
    bytes(VIDEO, () => nested('moov', 100_000)),
  ),
  inVideo(
    'trak nested 1,000 deep',
    'never ends',
    bytes(VIDEO, () => nested('trak', 1000)),
  ),
  inVideo(
    '1 million empty boxes',
    'huge count',
    bytes(VIDEO, () => {
      const file = Buffer.alloc(8_000_000);
      for (let at = 0; at < file.length; at += 8) {
        file.writeUInt32BE(8, at);
        file.write('free', at + 4, 'latin1');
      }
      return file;
    }),
  ),
  inVideo(
    'a box of 2^63 bytes',
    'huge count',
    bytes(VIDEO, (all) =>
      Buffer.concat([Buffer.from('00000001', 'hex'), Buffer.from('mdat7fffffffffffffff'), all]),
    ),
  ),
  inVideo(
    'random bytes from the middle on',
    'damaged',
    bytes(VIDEO, (all) => all.fill('3ea1c07f', all.length - 900)),
    HANDLED,
  ),
];

const stands: HostileCase[] = STANDS.map(({ name, kind, put }) =>
  inVideo(`it is ${name}`, kind, (root, place) => put(join(root, VIDEO), place)),
);

/** ffmpeg gets the file only here. */
const deep: HostileCase[] = [
  inVideo('a healthy container of random samples, decoded', 'damaged', () => {}, {
    argv: (place: Parameters<typeof validate>[0]) => [...validate(place), '--deep'],
    says: /decode|ffmpeg|video/,
  }),
];

export const MP4: readonly HostileCase[] = [...counts, ...sizes, ...missing, ...wholes, ...stands, ...deep];
