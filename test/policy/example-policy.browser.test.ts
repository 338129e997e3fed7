/** The policy in examples/ does what it did when it was put there, and the gate sees one that does not. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { evaluate } from '../evaluator/rollout-process.ts';

const EXAMPLE = join(import.meta.dirname, '../../examples/wheel-loader');
const BASELINE = join(EXAMPLE, 'smoke');
/** Another processor rounds otherwise, and a rollout that hangs by a hair falls to the other side. */
const MARGIN_POINTS = '20';

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'brickyard-example-'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const gate = (checkpoint: string, out: string): ReturnType<typeof evaluate> =>
  evaluate(
    [
      ...['regression', 'smoke', '--checkpoint', checkpoint, '--baseline', BASELINE],
      ...['--margin', MARGIN_POINTS, '--out', join(home, out)],
    ],
    home,
  );

it('has not got worse', async () => {
  const { code, stderr, summary } = await gate(join(EXAMPLE, 'policy'), 'example');
  expect(code, `${stderr}\n${JSON.stringify(summary)}`).toBe(0);
}, 300_000);

it('is better than standing still, which the gate refuses', async () => {
  const { code, stderr } = await gate('zero', 'zero');
  expect(code, stderr).toBe(1);
}, 300_000);
