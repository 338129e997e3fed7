import { existsSync } from 'node:fs';

/** The Python of the tests, with lerobot. @throws Error when there is none */
export function testPython(): string {
  const python = process.env.BRICKYARD_PYTHON;
  if (python && existsSync(python)) return python;
  throw new Error('needs Python with lerobot: run the tests by `npm test`, or set BRICKYARD_PYTHON to it');
}
