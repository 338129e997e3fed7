/** The types of columns over all files of a dataset, and over datasets that are merged. */
import { PROVENANCE_COLUMN_NAMES } from './episode-table.ts';
import type { ParquetFile } from './parquet-file.ts';
import type { TableColumn } from './parquet-table.ts';
import { isSameType, storedColumns, typeWord } from './stored-columns.ts';

/** Columns of meta/episodes that are read and written by value. */
export const OWN_COLUMNS: readonly string[] = [
  ...['episode_index', 'length', 'tasks', 'dataset_from_index', 'dataset_to_index'],
  ...PROVENANCE_COLUMN_NAMES,
];

const OWN_PATTERN =
  /^(stats\/.+|(data|meta\/episodes|videos\/.+)\/(chunk_index|file_index)|videos\/.+\/(from|to)_timestamp)$/;

export const isOwnColumn = (name: string): boolean => OWN_COLUMNS.includes(name) || OWN_PATTERN.test(name);

export class ColumnTypes {
  readonly #columns = new Map<string, TableColumn>();
  readonly #unwritable = new Map<string, string>();

  /** The columns of one more file; a column that has another type there is a fault. */
  add(table: ParquetFile, path: string, faults: string[]): void {
    for (const stored of storedColumns(table.elements)) {
      if ('unwritable' in stored) {
        this.#unwritable.set(stored.name, stored.unwritable);
        continue;
      }
      const { column } = stored;
      const joined = joinedType(this.#columns.get(column.name), column);
      if (joined) this.#columns.set(column.name, joined);
      else
        faults.push(
          `${path}: ${differentTypes(column, this.#columns.get(column.name)!, 'the files before')}`,
        );
    }
    for (const name of this.#unwritable.keys()) this.#columns.delete(name);
  }

  /** Why a column cannot be what `dtype` says; `plain` is any number, truth value or text. */
  misfits(name: string, dtype: string): string[] {
    const word = this.#unwritable.get(name);
    const column = this.#columns.get(name);
    if (!word && (!column || fits(column, dtype))) return [];
    const found = word ?? typeWord(column!);
    return [
      dtype === 'plain'
        ? `the column ${name} of meta/episodes has the type ${found}, which LeRobot does not know there`
        : `the column ${name} of the data files has the type ${found}, info.json says ${dtype}; correct either of them`,
    ];
  }

  columns(): TableColumn[] {
    return [...this.#columns.values()];
  }

  /** Of all files, in their order. */
  names(): string[] {
    return [...this.#columns.keys(), ...this.#unwritable.keys()];
  }

  unwritable(): { name: string; word: string }[] {
    return [...this.#unwritable].map(([name, word]) => ({ name, word }));
  }
}

const INTEGER = /^u?int(8|16|32|64)$/;

function fits({ leaf, stored }: TableColumn, dtype: string): boolean {
  if (dtype === 'video' || isEmpty(stored)) return true;
  if (leaf !== 'stored') return dtype === 'plain' || (leaf === 'string') === (dtype === 'string');
  const { logical_type: logical, converted_type: converted } = stored!;
  if (logical?.type === 'FLOAT16') return dtype === 'float16';
  const isInteger = logical?.type === 'INTEGER' || /^U?INT_/.test(converted ?? '');
  return isInteger && INTEGER.test(dtype);
}

/** The type that pyarrow gives to a column of nothing but nulls. */
const isEmpty = (stored: TableColumn['stored']): boolean => stored?.logical_type?.type === 'NULL';

/**
 * The type for values of both; undefined where there is none that keeps them. Numbers of different plain types become
 * the wider one.
 */
export function joinedType(known: TableColumn | undefined, added: TableColumn): TableColumn | undefined {
  if (!known || isSameType(known, added)) return known ?? added;
  if (isEmpty(known.stored)) return added;
  if (isEmpty(added.stored)) return known;
  const numbers = ['float', 'double', 'int32', 'int64'];
  const areNumbers = numbers.includes(known.leaf) && numbers.includes(added.leaf);
  if (!areNumbers || (known.depth ?? 0) !== (added.depth ?? 0)) return undefined;
  const areWhole = [known, added].every(({ leaf }) => leaf.startsWith('int'));
  return { ...known, leaf: areWhole ? 'int64' : 'double' };
}

export const differentTypes = (added: TableColumn, known: TableColumn, where: string): string =>
  `the column ${added.name} has the type ${typeWord(added)}, in ${where} ${typeWord(known)}; make both the same or remove one`;
