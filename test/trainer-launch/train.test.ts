/** What a training's end says, with a shell script in place of Python. */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FAILURE_KINDS } from '../../runtime/failure.ts';
import { localProvider } from '../../trainer/launch/local.ts';
import { runTraining } from '../../trainer/launch/train.ts';
import { TrainProgress } from '../../trainer/launch/train-progress.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'brickyard-train-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** Trains by a script. */
async function train(script: string) {
  const python = join(folder, 'python');
  writeFileSync(python, `#!/bin/sh\n${script}\n`);
  chmodSync(python, 0o755);
  vi.stubEnv('BRICKYARD_PYTHON', python);
  const said: string[] = [];
  const stream = { write: (text: string) => said.push(text), isTTY: false } as unknown as NodeJS.WriteStream;
  const progress = new TrainProgress(stream, false, () => 0);
  return { ...(await runTraining({ provider: localProvider, args: [], command: 'c', progress })), said };
}

const event = (fields: object): string => `echo '${JSON.stringify(fields)}'`;
const DIVERGED = event({ event: 'failure', kind: 'diverged', message: 'the loss is nan' });

it('fails by the kind that Python tells, among what libraries print', async () => {
  const end = await train(`echo 'warning of a library'; printf 'torn '; ${DIVERGED}; echo later >&2; exit 1`);
  expect(end).toMatchObject({ code: 1, failure: { kind: 'diverged', message: 'the loss is nan' } });
  expect(end.said).toEqual(expect.arrayContaining(['warning of a library\n', 'torn \n', 'later\n']));
});

it('fails by the first of several: the other processes of a training end because of it', async () => {
  const other = event({ event: 'failure', kind: 'interrupted', message: 'asked to' });
  expect(await train(`${DIVERGED}; ${other}; exit 1`)).toMatchObject({ failure: { kind: 'diverged' } });
});

it('was interrupted when it was killed, and has a bug when it ends without a word', async () => {
  expect(await train('kill -9 $$')).toMatchObject({ code: 137, failure: { kind: 'interrupted' } });
  expect(await train('echo "ImportError: no torch" >&2; exit 1')).toMatchObject({
    failure: { kind: 'bug', message: 'ImportError: no torch' },
  });
});

it('has no failure when it went well', async () => {
  const done = { event: 'end', run: '/r', steps: 3, loss_first: 2, loss_last: 1, best: null };
  const end = await train(event({ ...done, checkpoint: null, policy: null }));
  expect(end).toMatchObject({ code: 0, end: { run: '/r', steps: 3 } });
  expect(end.failure).toBeUndefined();
});

it('every kind that Python has is known here', () => {
  const root = join(import.meta.dirname, '../../trainer/brickyard_trainer');
  const kinds = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.py'))
    .flatMap((name) => {
      const text = readFileSync(join(root, name), 'utf8');
      return [...text.matchAll(/(?:\bkind = |Failure\()"([a-z-]+)"/g)].map(([, kind]) => kind);
    });
  expect(new Set(kinds)).toContain('diverged');
  expect(FAILURE_KINDS).toEqual(expect.arrayContaining([...new Set(kinds)]));
});
