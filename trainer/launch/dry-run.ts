/**
 * What a training will take: it is begun in a temporary folder, watched for a few steps and stopped. What cannot be
 * watched so soon is counted: the space on the disk.
 */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Failure } from '../../runtime/failure.ts';
import { formatBytes, formatCount, formatDuration } from '../../runtime/figures.ts';
import { INTERRUPTED_EXIT_CODE, listenForInterrupts } from '../../runtime/interrupt.ts';
import { unreported } from '../../runtime/own-process.ts';
import { makePrivateFolder } from '../../runtime/private-folder.ts';
import type { StepEvent } from './events.ts';
import { hydraString } from './overrides.ts';
import type { TrainingProvider } from './provider.ts';

export interface TrainEstimate {
  steps: number;
  /** After warm-up; null when the training ended before a rate was known. */
  steps_per_s: number | null;
  /** Of the steps; exports at checkpoints come on top. */
  duration_s: number | null;
  policy: string;
  parameters: number;
  batch_size: number;
  /** What the network sees of each camera. */
  input: { height_px: number; width_px: number; cameras: string[] };
  /** Of one checkpoint with its policy folder. */
  checkpoint_bytes: number;
  /** Of a run with as many as are kept at most. */
  run_bytes: number;
  /** Shared by all runs with this dataset and input size. */
  frame_cache_bytes: number;
}

/** Why there is no estimate. */
export interface NotEstimated {
  /** Of train.py. */
  code: number;
  failure: Failure;
}

/** Enough for a rate that is not the first steps' own. */
const WATCHED_STEPS = 40;
const REPORT_EVERY = 5;
/** In float32: the weights, two of AdamW, the weights again in the exported graph. */
const CHECKPOINT_BYTES_PER_PARAMETER = 16;
/** Best by loss and best by success, which stay beside the last ones. */
const BEST_ONES = 2;

const configSchema = z.looseObject({
  policy: z.looseObject({ type: z.string(), input_height_px: z.number(), input_width_px: z.number() }),
  data: z.looseObject({ cameras: z.array(z.string()) }),
  training: z.looseObject({ batch_size: z.number() }),
  checkpoint: z.looseObject({ keep_last: z.number() }),
});
export type EstimatedConfig = z.infer<typeof configSchema>;

/**
 * @param frames of the dataset
 * @returns the estimate, or why the training could not begin
 */
export async function estimateTraining(
  provider: TrainingProvider,
  args: readonly string[],
  frames: number,
  say: (line: string) => void,
): Promise<TrainEstimate | NotEstimated> {
  const folder = makePrivateFolder('dryrun');
  let last: StepEvent | undefined;
  let parameters = 0;
  let failure: Failure | undefined;
  let lastLine = '';
  const job = provider.start({
    program: 'train.py',
    args: [
      ...args,
      `run.dir=${hydraString(join(folder, 'run'))}`,
      `training.log_every=${REPORT_EVERY}`,
      'checkpoint.export=none',
    ],
    env: {},
    onEvent: (event) => {
      if (event.event === 'start') parameters = event.parameters ?? 0;
      if (event.event === 'failure') failure ??= { kind: event.kind, message: event.message };
      if (event.event !== 'step') return;
      last = event;
      if (event.step >= WATCHED_STEPS) job.kill();
    },
    onOutput: say,
    onText: (line) => {
      lastLine = line;
      say(line);
    },
  });
  const interrupt = listenForInterrupts({ onFirst: () => job.kill(), onSecond: () => job.kill() });
  try {
    const code = await job.finished;
    if (interrupt.stop.aborted)
      return { code: INTERRUPTED_EXIT_CODE, failure: { kind: 'interrupted', message: 'it was stopped' } };
    if (!last) return { code: code === 0 ? 1 : code, failure: failure ?? unreported(code, lastLine) };
    const config = configSchema.parse(parse(await readFile(join(folder, 'run', 'config.yaml'), 'utf8')));
    const { steps, steps_per_s } = last;
    const duration_s = steps_per_s ? steps / steps_per_s : null;
    return { steps, steps_per_s, duration_s, ...sizesOf(config, parameters, frames) };
  } finally {
    interrupt.release();
    job.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

/** What follows from the configuration alone. */
export function sizesOf(
  { policy, data, training, checkpoint }: EstimatedConfig,
  parameters: number,
  frames: number,
) {
  const { input_height_px: height_px, input_width_px: width_px } = policy;
  const checkpoint_bytes = parameters * CHECKPOINT_BYTES_PER_PARAMETER;
  return {
    policy: policy.type,
    parameters,
    batch_size: training.batch_size,
    input: { height_px, width_px, cameras: data.cameras },
    checkpoint_bytes,
    run_bytes: checkpoint_bytes * (checkpoint.keep_last + BEST_ONES),
    frame_cache_bytes: frames * height_px * width_px * 3 * data.cameras.length,
  };
}

/** The lines that a person reads. */
export function estimateText(estimate: TrainEstimate): string {
  const { steps, steps_per_s, duration_s, policy, parameters, batch_size, input } = estimate;
  const { checkpoint_bytes, run_bytes, frame_cache_bytes } = estimate;
  const time =
    steps_per_s === null || duration_s === null
      ? 'over too soon to measure'
      : `at ${steps_per_s.toPrecision(3)} steps/s: ${formatDuration(duration_s)}, exports at checkpoints not counted`;
  return [
    `${policy}: ${formatCount(parameters)} parameters, sees ${input.cameras.join(', ')} at ${input.width_px}x${input.height_px}`,
    `${formatCount(steps)} steps of ${batch_size} ${time}`,
    `disk: a checkpoint ${formatBytes(checkpoint_bytes)}, the run up to ${formatBytes(run_bytes)}, the frame cache ${formatBytes(frame_cache_bytes)}`,
  ].join('\n');
}
