import { existsSync } from 'node:fs';

/** The Python of the tests, with lerobot 0.4.4. @throws Error when there is none */
export function testPython(): string {
  return pythonOf('BRICKYARD_PYTHON', 'needs Python with lerobot');
}

/** The other Python of the tests, with lerobot 0.6, polars and DuckDB. @throws Error when there is none */
export function testPythonNext(): string {
  return pythonOf(
    'BRICKYARD_PYTHON_NEXT',
    'needs Python 3.12 with lerobot 0.6 (`npm run setup -- --python-next`)',
  );
}

function pythonOf(variable: string, need: string): string {
  const python = process.env[variable];
  if (python && existsSync(python)) return python;
  throw new Error(`${need}: run the tests by \`npm test\`, or set ${variable} to it`);
}
