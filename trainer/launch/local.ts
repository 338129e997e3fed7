/** The provider that trains on this machine: a child process of the trainer's Python. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { InputError } from '../../sim/errors.ts';
import type { RunningJob, TrainerJob, TrainingProvider } from './provider.ts';

const TRAINER = join(import.meta.dirname, '..');
const PARENT_FD = 3;

export const localProvider: TrainingProvider = { name: 'local', start };

function start({ program, args, env, onOutput, onText }: TrainerJob): RunningJob {
  const child = spawn(trainerPython(), [join(TRAINER, program), ...args], {
    // Its own group: Ctrl-C in the terminal would reach it beside the signal that we pass on.
    detached: true,
    // The fourth one carries nothing: it closes when we are gone, however we went (trainer/brickyard_trainer/parent.py).
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: {
      ...process.env,
      PYTHONUNBUFFERED: '1',
      PYTHONDONTWRITEBYTECODE: '1',
      BRICKYARD_PARENT_FD: `${PARENT_FD}`,
      ...env,
    },
  });
  child.stdio[PARENT_FD]?.on('error', () => {}); // it ended first, which `close` tells
  createInterface({ input: child.stdout! }).on('line', onOutput);
  createInterface({ input: child.stderr! }).on('line', onText);
  const finished = new Promise<number>((resolve, reject) => {
    child.on('error', (error) =>
      reject(new InputError(`${child.spawnfile} cannot be run: ${error.message}`)),
    );
    // `close`, not `exit`: the last lines have been read by then.
    child.on('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal!]));
  });
  return {
    finished,
    interrupt: (signal) => void child.kill(signal),
    kill: () => killGroup(child.pid),
  };
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/**
 * The Python that has the trainer's packages.
 * @throws InputError that says how to get it
 */
export function trainerPython(): string {
  const python = process.env.BRICKYARD_PYTHON;
  if (!python)
    throw new InputError('training needs Python with lerobot: run `npm run setup -- --python` once');
  if (!existsSync(python))
    throw new InputError(
      `BRICKYARD_PYTHON is ${python}, which does not exist: run \`npm run setup -- --python\` and unset it`,
    );
  return python;
}
