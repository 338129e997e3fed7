/** Takes a parquet file apart into pages and footer, and puts it together again with something changed. */
import { deserializeTCompactProtocol } from 'hyparquet/src/thrift.js';
import { ByteWriter } from 'hyparquet-writer/src/bytewriter.js';
import { serializeTCompactProtocol } from 'hyparquet-writer/src/thrift.js';

/** Fields by number, as parquet.thrift has them: { field_3: rows, field_4: [row groups] }. */
// biome-ignore lint/suspicious/noExplicitAny: a tree of thrift values, changed at will
export type Thrift = any;

interface Cursor {
  view: DataView;
  offset: number;
}

export function readThrift(bytes: Uint8Array, from = 0): { value: Thrift; end: number } {
  const cursor: Cursor = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), offset: from };
  const value = deserializeTCompactProtocol(cursor);
  return { value, end: cursor.offset };
}

export function writeThrift(value: Thrift): Buffer {
  const writer = new ByteWriter();
  serializeTCompactProtocol(writer, inOrder(value));
  return Buffer.from(writer.getBytes());
}

/** Fields have to come by their numbers. */
function inOrder(value: Thrift): Thrift {
  if (Array.isArray(value)) return value.map(inOrder);
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value;
  const number = (key: string): number => Number(key.slice('field_'.length));
  const entries = Object.entries(value).sort(([a], [b]) => number(a) - number(b));
  return Object.fromEntries(entries.map(([key, one]) => [key, inOrder(one)]));
}

/** The file with another footer. */
export function withFooter(file: Buffer, change: (footer: Thrift) => void): Buffer {
  const length = file.readUInt32LE(file.length - 8);
  const body = file.subarray(0, file.length - 8 - length);
  const { value } = readThrift(Uint8Array.from(file.subarray(body.length, file.length - 8)));
  change(value);
  return assembled(body, writeThrift(value));
}

/** The file with another header of its first page; what lies behind it moves along. */
export function withFirstPage(
  file: Buffer,
  change: (header: Thrift, page: Buffer) => Uint8Array | undefined,
): Buffer {
  const bytes = Uint8Array.from(file);
  const length = file.readUInt32LE(file.length - 8);
  const footerAt = file.length - 8 - length;
  const { value, end } = readThrift(bytes, 4);
  const pageEnd = end + value.field_3;
  const page = change(value, file.subarray(end, pageEnd)) ?? file.subarray(end, pageEnd);
  const front = Buffer.concat([file.subarray(0, 4), writeThrift(value), page]);
  const moved = front.length - pageEnd;
  const { value: footer } = readThrift(bytes, footerAt);
  for (const group of footer.field_4)
    for (const [i, { field_3: chunk }] of group.field_1.entries()) {
      if (i === 0) {
        chunk.field_6 += BigInt(0);
        chunk.field_7 += BigInt(moved);
        if (chunk.field_9 > 4n) chunk.field_9 += BigInt(moved);
      } else {
        chunk.field_9 += BigInt(moved);
        if (chunk.field_11 !== undefined) chunk.field_11 += BigInt(moved);
      }
    }
  return assembled(Buffer.concat([front, file.subarray(pageEnd, footerAt)]), writeThrift(footer));
}

function assembled(body: Uint8Array, footer: Uint8Array): Buffer {
  const end = Buffer.alloc(8, 'PAR1');
  end.writeUInt32LE(footer.length, 0);
  end.write('PAR1', 4, 'latin1');
  return Buffer.concat([body, footer, end]);
}
