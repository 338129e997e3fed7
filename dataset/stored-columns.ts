/**
 * The columns of a parquet file as they could be written again. Plain ones are read and written as values; those with
 * a type of their own (dates, decimals, identifiers, 16 bits …) are carried over as they are stored, so that nothing
 * has to know what they mean. Structs and maps cannot be carried over.
 */
import type { SchemaElement } from 'hyparquet';
import { float16 } from './float16.ts';
import type { LeafType, TableColumn } from './parquet-table.ts';

/** A column of a file: one that can be written again, or the word for what it is. */
export type StoredColumn = { column: TableColumn } | { name: string; unwritable: string };

const PLAIN: Partial<Record<string, LeafType>> = {
  FLOAT: 'float',
  DOUBLE: 'double',
  INT32: 'int32',
  INT64: 'int64',
  BOOLEAN: 'bool',
};

/** @param schema of the footer: the root, then all elements in the order of a walk */
export function storedColumns(schema: readonly SchemaElement[]): StoredColumn[] {
  const columns: StoredColumn[] = [];
  for (let at = 1; at < schema.length; ) {
    const end = endOf(schema, at);
    columns.push(storedColumn(schema.slice(at, end)));
    at = end;
  }
  return columns;
}

function endOf(schema: readonly SchemaElement[], at: number): number {
  let next = at + 1;
  for (let i = 0; i < (schema[at]?.num_children ?? 0) && next < schema.length; i++)
    next = endOf(schema, next);
  return next;
}

/** The element of a column and everything below it. */
function storedColumn(elements: readonly SchemaElement[]): StoredColumn {
  const { name } = elements[0];
  let depth = 0;
  for (let at = 0; at < elements.length - 1; at++) {
    const element = elements[at];
    if (isMap(element)) return { name, unwritable: 'map' };
    if (element.num_children !== 1) return { name, unwritable: 'struct' };
    // A group that is neither a list nor the repeated level of one is a struct, if of one field.
    const isRepeated = element.repetition_type === 'REPEATED';
    if (!isRepeated && !isList(element)) return { name, unwritable: 'struct' };
    if (isRepeated) depth++;
  }
  const leaf = elements[elements.length - 1];
  if (leaf.num_children) return { name, unwritable: 'struct' };
  if (leaf.repetition_type === 'REPEATED') depth++;
  if (leaf.type === 'INT96') return { name, unwritable: 'timestamp of 96 bits' };
  const plain = plainLeaf(leaf);
  if (plain) return { column: { name, leaf: plain, depth } };
  const { type, type_length, converted_type, logical_type, scale, precision } = leaf;
  const stored = { type, type_length, converted_type, logical_type, scale, precision };
  return { column: { name, leaf: 'stored', depth, stored } };
}

const isMap = ({ converted_type, logical_type }: SchemaElement): boolean =>
  converted_type === 'MAP' || converted_type === 'MAP_KEY_VALUE' || logical_type?.type === 'MAP';
const isList = ({ converted_type, logical_type }: SchemaElement): boolean =>
  converted_type === 'LIST' || logical_type?.type === 'LIST';

/** Numbers, truth values and texts without a further meaning. */
function plainLeaf({ type, converted_type, logical_type }: SchemaElement): LeafType | null {
  const isText = converted_type === 'UTF8' || logical_type?.type === 'STRING';
  if (type === 'BYTE_ARRAY') return isText ? 'string' : null;
  const isSigned64 =
    logical_type?.type === 'INTEGER' && logical_type.isSigned && logical_type.bitWidth === 64;
  if (type === 'INT64' && (isSigned64 || converted_type === 'INT_64')) return 'int64';
  const isSigned32 =
    logical_type?.type === 'INTEGER' && logical_type.isSigned && logical_type.bitWidth === 32;
  if (type === 'INT32' && (isSigned32 || converted_type === 'INT_32')) return 'int32';
  return converted_type || logical_type ? null : (PLAIN[type ?? ''] ?? null);
}

/** `date` or `list of decimal`, for messages. */
export function typeWord({ leaf, depth = 0, stored }: TableColumn): string {
  const word = stored ? storedWord(stored) : leaf;
  return `${'list of '.repeat(depth)}${word}`;
}

function storedWord({
  type,
  type_length,
  converted_type,
  logical_type,
}: NonNullable<TableColumn['stored']>): string {
  if (logical_type?.type === 'INTEGER')
    return `${logical_type.isSigned ? '' : 'u'}int${logical_type.bitWidth}`;
  if (logical_type?.type === 'TIMESTAMP' || logical_type?.type === 'TIME') {
    const { isAdjustedToUTC, unit } = logical_type;
    return `${logical_type.type.toLowerCase()}[${unit.toLowerCase()}${isAdjustedToUTC ? ', UTC' : ''}]`;
  }
  const bytes = type === 'FIXED_LEN_BYTE_ARRAY' ? `${type_length} bytes` : 'bytes';
  return (logical_type?.type ?? converted_type ?? bytes).toLowerCase();
}

/** Whether values of one can stand in a column of the other without changing. */
export const isSameType = (a: TableColumn, b: TableColumn): boolean =>
  JSON.stringify([a.leaf, a.depth ?? 0, a.stored ?? null]) ===
  JSON.stringify([b.leaf, b.depth ?? 0, b.stored ?? null]);

/** A stored number as a number, for statistics; NaN for what is not a number. */
export function storedNumber(
  value: unknown,
  { logical_type: logical }: NonNullable<TableColumn['stored']>,
): number {
  if (value instanceof Uint8Array && logical?.type === 'FLOAT16' && value.length === 2) {
    return float16(value[0] | (value[1] << 8));
  }
  const isUnsigned = logical?.type === 'INTEGER' && !logical.isSigned;
  if (typeof value === 'bigint') return Number(isUnsigned ? BigInt.asUintN(64, value) : value);
  if (typeof value !== 'number') return Number.NaN;
  return isUnsigned ? value >>> 0 : value;
}
