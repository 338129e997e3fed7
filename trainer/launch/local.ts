/** The provider that trains on this machine: a child process of the trainer's Python. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LIFELINE_FD, startChild } from '../../runtime/child-process.ts';
import { InputError } from '../../sim/errors.ts';
import { trainerEvents } from './events.ts';
import type { RunningJob, TrainerJob, TrainingProvider } from './provider.ts';

const TRAINER = join(import.meta.dirname, '..');

export const localProvider: TrainingProvider = { name: 'local', start };

function start({ program, args, env, ...ports }: TrainerJob): RunningJob {
  const python = trainerPython();
  const child = startChild({
    ...{ program: python, args: [join(TRAINER, program), ...args], lifeline: 'pipe', events: trainerEvents },
    env: {
      PYTHONUNBUFFERED: '1',
      PYTHONDONTWRITEBYTECODE: '1',
      BRICKYARD_EVENTS: '1',
      BRICKYARD_PARENT_FD: `${LIFELINE_FD}`,
      ...env,
    },
    ...ports,
  });
  const finished = child.finished.catch((error: Error) => {
    throw new InputError(`${python} cannot be run: ${error.message}`);
  });
  return { ...child, finished };
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
