/** meta/tasks.parquet, which readers open with pandas: the task's text is the index, its number the only column. */
import type { ParquetFile } from './parquet-file.ts';
import { ParquetTable } from './parquet-table.ts';

/** Without this footer pandas would take the text for a column, and a task would come out as a number. */
const PANDAS = {
  index_columns: ['task'],
  column_indexes: [],
  columns: [
    {
      name: 'task_index',
      field_name: 'task_index',
      pandas_type: 'int64',
      numpy_type: 'int64',
      metadata: null,
    },
    { name: 'task', field_name: 'task', pandas_type: 'unicode', numpy_type: 'object', metadata: null },
  ],
  pandas_version: '2.2.3',
};

/** @param tasks row number is task_index */
export function taskTable(tasks: readonly string[]): Uint8Array {
  const table = new ParquetTable(
    [
      { name: 'task_index', leaf: 'int64' },
      { name: 'task', leaf: 'string' },
    ],
    [{ key: 'pandas', value: JSON.stringify(PANDAS) }],
  );
  table.addRowGroup([BigInt64Array.from(tasks, (_, i) => BigInt(i)), [...tasks]]);
  return table.finish();
}

/** More than there are sentences in any dataset. */
const MOST_TASKS = 1_000_000;
/** Numbers may have gaps, which is a fault, but not one that takes memory. */
const MOST_GAPS = 1000;

/** Texts by task_index. @throws Error naming a task_index that cannot be */
export async function taskTexts(table: ParquetFile): Promise<string[]> {
  if (table.rows > MOST_TASKS) throw new Error(`it has ${table.rows} tasks, at most ${MOST_TASKS} are read`);
  const column = textColumn(table);
  const rows = await table.read(
    ['task_index', ...(column ? [column] : [])].filter((name) => table.columns.includes(name)),
  );
  const texts: string[] = [];
  for (const row of rows) {
    const index = Number(row.task_index);
    const text = String(column && row[column]);
    if (!Number.isInteger(index) || index < 0 || index >= rows.length + MOST_GAPS) {
      const shown = JSON.stringify(text.slice(0, 60));
      throw new Error(`task_index ${row.task_index} of ${shown} is not one of 0 to ${rows.length - 1}`);
    }
    texts[index] = text;
  }
  return texts;
}

/** The column of the texts: lerobot 0.4 leaves pandas' index without a name, 0.6 calls it task. */
function textColumn(table: ParquetFile): string | undefined {
  const named = ['task', '__index_level_0__', pandasIndex(table.note('pandas'))];
  return named.find((name) => name !== undefined && table.columns.includes(name));
}

function pandasIndex(note: string | undefined): string | undefined {
  try {
    const [first] = (JSON.parse(note ?? '{}') as { index_columns?: unknown[] }).index_columns ?? [];
    return typeof first === 'string' ? first : undefined;
  } catch {
    return undefined;
  }
}
