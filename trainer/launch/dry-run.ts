/** How long a training will take: it is begun in a temporary folder, watched for a few steps and stopped. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { INTERRUPTED_EXIT_CODE, listenForInterrupts } from '../../sim/host/interrupt.ts';
import { type StepEvent, trainerEvent } from './events.ts';
import { hydraString } from './overrides.ts';
import type { TrainingProvider } from './provider.ts';
import { makeScratch } from './scratch.ts';

export interface TrainEstimate {
  steps: number;
  /** After warm-up; null when the training ended before a rate was known. */
  steps_per_s: number | null;
  duration_s: number | null;
}

/** Enough for a rate that is not the first steps' own. */
const WATCHED_STEPS = 40;
const REPORT_EVERY = 5;

/** @returns the estimate, or the exit code where the training could not begin */
export async function estimateTraining(
  provider: TrainingProvider,
  args: readonly string[],
  say: (line: string) => void,
): Promise<TrainEstimate | number> {
  const folder = await makeScratch('dry-run');
  let last: StepEvent | undefined;
  const job = provider.start({
    program: 'train.py',
    args: [
      ...args,
      `run.dir=${hydraString(join(folder, 'run'))}`,
      `training.log_every=${REPORT_EVERY}`,
      'checkpoint.export=none',
    ],
    env: { BRICKYARD_EVENTS: '1' },
    onOutput: (line) => {
      const event = trainerEvent(line);
      if (event?.event !== 'step') return;
      last = event;
      if (event.step >= WATCHED_STEPS) job.kill();
    },
    onText: say,
  });
  const interrupt = listenForInterrupts({ onFirst: () => job.kill(), onSecond: () => job.kill() });
  try {
    const code = await job.finished;
    if (interrupt.stop.aborted) return INTERRUPTED_EXIT_CODE;
    if (!last) return code === 0 ? 1 : code;
    const { steps, steps_per_s } = last;
    return { steps, steps_per_s, duration_s: steps_per_s ? steps / steps_per_s : null };
  } finally {
    interrupt.release();
    job.kill();
    await rm(folder, { recursive: true, force: true });
  }
}
