/**
 * The footer of a parquet file: schema, row groups, where each column lies. hyparquet believes the counts in it, so
 * they are checked against the bytes first: a list cannot have more entries than there are bytes left.
 */
import { type FileMetaData, parquetMetadata } from 'hyparquet';

/** 100,000 row groups of 12 columns; the objects made from it take twenty times as much. */
const FOOTER_MAX_BYTES = 24 * 1024 * 1024;
const MAX_COLUMNS = 10_000;
const MAX_DEPTH = 20;

export type ReadBytes = (from: number, to: number) => Promise<Uint8Array<ArrayBuffer>>;

/** @throws Error that says what is wrong, without the path */
export async function readFooter(read: ReadBytes, fileBytes: number): Promise<FileMetaData> {
  if (fileBytes < 12 || mark(await read(0, 4)) !== 'PAR1') throw new Error('no parquet file');
  const end = await read(fileBytes - 8, fileBytes);
  if (mark(end.subarray(4)) !== 'PAR1') throw new Error('no parquet footer: its writer did not finish');
  const bytes = new DataView(end.buffer, end.byteOffset).getUint32(0, true);
  if (bytes > fileBytes - 12) throw new Error(`a damaged footer: ${bytes} bytes in a file of ${fileBytes}`);
  if (bytes > FOOTER_MAX_BYTES) {
    throw new Error(
      `its footer has ${bytes} bytes, at most ${FOOTER_MAX_BYTES} are read: write larger row groups`,
    );
  }
  const footer = await read(fileBytes - 8 - bytes, fileBytes);
  assertThrift(footer.subarray(0, bytes));
  const metadata = parquetMetadata(footer, { geoparquet: false });
  assertSchema(metadata.schema);
  assertRows(metadata);
  return metadata;
}

const mark = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

/** Walks a struct in Thrift's compact protocol without making anything of it. */
function assertThrift(bytes: Uint8Array): void {
  let at = 0;
  const damaged = (): Error => new Error('a damaged footer');
  const skipVarint = (): number => {
    let value = 0;
    for (let scale = 1, i = 0; ; scale *= 128, i++) {
      if (at >= bytes.length || i > 9) throw damaged();
      const byte = bytes[at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  const skipValue = (type: number, depth: number): void => {
    if (depth > MAX_DEPTH || at > bytes.length) throw damaged();
    if (type === 3) {
      at++;
    } else if (type >= 4 && type <= 6) skipVarint();
    else if (type === 7) at += 8;
    else if (type === 8) {
      const length = skipVarint();
      at += length;
    } else if (type === 9) {
      const head = bytes[at++];
      const count = head >> 4 === 15 ? skipVarint() : head >> 4;
      if (count > bytes.length - at) throw damaged();
      const item = head & 15;
      for (let i = 0; i < count; i++) {
        if (item === 1 || item === 2) at++;
        else skipValue(item, depth + 1);
      }
    } else if (type === 12) skipStruct(depth + 1);
    else if (type !== 1 && type !== 2) throw damaged();
    if (at > bytes.length) throw damaged();
  };
  const skipStruct = (depth: number): void => {
    for (;;) {
      if (at >= bytes.length) throw damaged();
      const head = bytes[at++];
      if ((head & 15) === 0) return;
      if (head >> 4 === 0) skipVarint();
      skipValue(head & 15, depth);
    }
  };
  skipStruct(0);
}

function assertSchema(schema: FileMetaData['schema']): void {
  if (schema.length > MAX_COLUMNS * 3) {
    throw new Error(`its schema has ${schema.length} entries, at most ${MAX_COLUMNS * 3} are read`);
  }
  const end = (at: number, depth: number): number => {
    if (at >= schema.length || depth > MAX_DEPTH) throw new Error('a damaged schema');
    let next = at + 1;
    for (let i = 0; i < (schema[at].num_children ?? 0); i++) next = end(next, depth + 1);
    return next;
  };
  if (end(0, 0) !== schema.length) throw new Error('a damaged schema');
}

function assertRows(metadata: FileMetaData): void {
  let rows = 0n;
  for (const { num_rows, columns } of metadata.row_groups) {
    if (typeof num_rows !== 'bigint' || num_rows < 0n) throw new Error('a damaged row group');
    if (columns.some(({ meta_data }) => !meta_data)) throw new Error('a column without metadata');
    rows += num_rows;
  }
  if (rows !== metadata.num_rows) throw new Error(`${rows} rows in its groups, ${metadata.num_rows} in all`);
}
