/** meta/tasks.parquet, which readers open with pandas: the task's text is the index, its number the only column. */
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
