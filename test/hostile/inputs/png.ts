/** Golden frames that unfold to more than a picture, or to another one. */
import { crc32, deflateSync } from 'node:zlib';
import type { HostileCase, HostileClass } from '../case.ts';
import { policyCase } from './policy.ts';

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');

export function chunk(name: string, data: Uint8Array, wrong: { length?: number; crc?: number } = {}): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const front = Buffer.alloc(4);
  front.writeUInt32BE(wrong.length ?? data.length);
  const end = Buffer.alloc(4);
  end.writeUInt32BE(wrong.crc ?? crc32(body));
  return Buffer.concat([front, body, end]);
}

interface Header {
  widthPx?: number;
  heightPx?: number;
  depth?: number;
  colour?: number;
  interlace?: number;
  method?: number;
}

const WIDTH = 64;
const HEIGHT = 48;

export function header({
  widthPx = WIDTH,
  heightPx = HEIGHT,
  depth = 8,
  colour = 2,
  interlace = 0,
  method = 0,
}: Header = {}): Buffer {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(widthPx, 0);
  data.writeUInt32BE(heightPx, 4);
  data.set([depth, colour, method, 0, interlace], 8);
  return chunk('IHDR', data);
}

const rows = (bytes = HEIGHT * (1 + WIDTH * 3), fill = 0): Buffer =>
  deflateSync(Buffer.alloc(bytes, fill), { level: 9 });
const end = chunk('IEND', Buffer.alloc(0));
const picture = (...chunks: Buffer[]): Buffer => Buffer.concat([SIGNATURE, ...chunks]);
const png = (parts: { header?: Buffer; data?: Buffer; extra?: Buffer[] } = {}): Buffer =>
  picture(parts.header ?? header(), ...(parts.extra ?? []), chunk('IDAT', parts.data ?? rows()), end);

const inPicture = (
  name: string,
  kind: HostileClass,
  bytes: () => Buffer,
  says = /golden\/00\.png/,
): HostileCase =>
  policyCase({
    ...{ name, kind, says, format: 'PNG' },
    change: (files) => {
      files.pictures['00.png'] = bytes();
    },
  });

/** Zeros that deflate packs a thousandfold. */
const bomb = (): Buffer => rows(400_000_000);
const profile = (name: string): Buffer =>
  chunk(name, Buffer.concat([Buffer.from(name === 'iCCP' ? 'p\0\0' : 'k\0\0'), bomb()]));

export const PNG: readonly HostileCase[] = [
  inPicture('another picture of the right size', 'wrong value', () => png(), /golden pair 0/),
  inPicture('a picture that unfolds to 400 MB', 'unfolds to more', () => png({ data: bomb() })),
  inPicture(
    'a colour profile that unfolds to 400 MB',
    'unfolds to more',
    () => png({ extra: [profile('iCCP')] }),
    /golden/,
  ),
  inPicture(
    'text that unfolds to 400 MB',
    'unfolds to more',
    () => png({ extra: [profile('zTXt')] }),
    /golden/,
  ),
  inPicture('a picture of one byte too few', 'damaged', () =>
    png({ data: rows(HEIGHT * (1 + WIDTH * 3) - 1) }),
  ),
  inPicture('a picture of one byte too many', 'damaged', () =>
    png({ data: rows(HEIGHT * (1 + WIDTH * 3) + 1) }),
  ),
  inPicture('rows with a filter of 200', 'wrong value', () => png({ data: rows(undefined, 200) })),
  inPicture('random bytes for a picture', 'damaged', () => png({ data: Buffer.alloc(900, 'c3f0') })),
  inPicture('no picture data', 'damaged', () => picture(header(), end)),
  inPicture('no end', 'damaged', () => picture(header(), chunk('IDAT', rows()))),
  inPicture('no header', 'damaged', () => picture(chunk('IDAT', rows()), end)),
  inPicture(
    'a second header',
    'wrong value',
    () => png({ extra: [header({ widthPx: 30_000, heightPx: 30_000 })] }),
    /golden/,
  ),
  inPicture('its first 20 bytes', 'damaged', () => png().subarray(0, 20)),
  inPicture('its signature alone', 'damaged', () => SIGNATURE),
  inPicture('text', 'damaged', () => Buffer.from('no picture')),
  inPicture('65535x65535', 'huge count', () => png({ header: header({ widthPx: 65535, heightPx: 65535 }) })),
  inPicture('2^31 pixels wide', 'huge count', () => png({ header: header({ widthPx: 2 ** 31 }) })),
  inPicture('0x0', 'wrong value', () => png({ header: header({ widthPx: 0, heightPx: 0 }) })),
  ...[1, 2, 4, 16, 0, 255].map((depth) =>
    inPicture(`${depth} bits a value`, 'wrong type', () => png({ header: header({ depth }) })),
  ),
  ...[0, 3, 4, 6, 9].map((colour) =>
    inPicture(`colour type ${colour}`, 'wrong type', () => png({ header: header({ colour }) })),
  ),
  inPicture('interlaced', 'wrong type', () => png({ header: header({ interlace: 1 }) })),
  inPicture('an unknown compression', 'wrong type', () => png({ header: header({ method: 7 }) })),
  inPicture('a chunk of 2^31 bytes', 'huge count', () =>
    picture(header(), chunk('IDAT', rows(), { length: 2 ** 31 }), end),
  ),
  inPicture('a chunk of 2^32 - 1 bytes', 'huge count', () =>
    picture(header(), chunk('tEXt', rows(), { length: 2 ** 32 - 1 }), end),
  ),
  inPicture('a wrong checksum', 'damaged', () => picture(header(), chunk('IDAT', rows(), { crc: 1 }), end)),
  inPicture('100,000 empty chunks', 'huge count', () =>
    png({ extra: Array(100_000).fill(chunk('IDAT', Buffer.alloc(0))) }),
  ),
];
