/** Rolls a policy out in a process of its own, and waits for it. */
import { join } from 'node:path';
import { z } from 'zod';
import type { Failure } from '../runtime/failure.ts';
import { type ProcessEnd, type RunningProcess, startOwnProcess } from '../runtime/own-process.ts';
import { shellLine } from '../runtime/shell-line.ts';
import { userFolder } from '../runtime/user-path.ts';
import { wholeSuiteName } from '../scenarios/suites/suite.ts';
import { chosenTask } from '../scenarios/use-task.ts';
import { InputError, Interrupted, NegativeResult } from '../sim/errors.ts';
import type { RollOutInput, rolloutOrderSchema } from './rollout/roll-out.ts';
import { rolloutWords } from './rollout/rollout-words.ts';
import { parseRolloutOptions } from './rollout/settings.ts';

const ENTRY = join(import.meta.dirname, 'rollout/rollout-entry.ts');

const figuresSchema = z.looseObject({
  episodes: z.number().int().positive(),
  successes: z.number().int(),
  errors: z.number().int(),
  wilson: z.tuple([z.number(), z.number()]),
  suite_hash: z.string(),
});
const resultSchema = z.array(figuresSchema);
/** Of one checkpoint. */
export type RolloutFigures = z.infer<typeof figuresSchema>;

export interface RolloutProcess {
  /** With absolute paths. */
  options: Omit<RollOutInput, 'command'> & { command?: string };
  onText(line: string): void;
  /** At least this niceness, 0 to 19. */
  niceness?: number;
}

/** Starts it at once; the result has the figures of each checkpoint. */
export function startRollout({
  options,
  onText,
  niceness,
}: RolloutProcess): RunningProcess<RolloutFigures[]> {
  const command = options.command ?? shellLine(['brickyard', ...rolloutWords(options)]);
  const request: z.input<typeof rolloutOrderSchema> = { ...options, command, task: chosenTask() };
  return startOwnProcess({ module: ENTRY, request, result: resultSchema, onText, niceness });
}

export interface RolloutRequest {
  /** As the command takes it: a policy folder, RUN@step, expert, ... */
  checkpoint: string;
  /** Name or file. */
  suite: string;
  /** Of the suite's instance; its own when left out. */
  seed?: number;
  /** Absolute folder; a finished rollout in it is taken as it is, an unfinished one goes on. */
  out: string;
  workers?: string;
  quiet?: boolean;
}

/** Returns when the rollout in `out` is complete. */
export type RunRollout = (request: RolloutRequest) => Promise<void>;

/**
 * @throws InputError when the rollout refuses its input, with its words on stderr
 * @throws Interrupted after Ctrl-C
 */
export const runRolloutProcess: RunRollout = async ({ checkpoint, suite, seed, out, workers, quiet }) => {
  const { conditions, workers: count } = parseRolloutOptions({
    checkpoint: [checkpoint],
    suite: wholeSuiteName(suite, userFolder()),
    workers,
  });
  const child = startRollout({
    options: {
      ...{ checkpoints: [checkpoint], conditions, seed, out, resume: true, report: false },
      workers: workers === undefined ? undefined : count,
    },
    onText: (line) => void (quiet || process.stderr.write(`${line}\n`)),
  });
  let isInterrupted = false;
  const pass = (signal: NodeJS.Signals) => {
    isInterrupted = true;
    child.interrupt(signal);
  };
  process.on('SIGINT', pass).on('SIGTERM', pass);
  try {
    const end = await child.ended;
    if (end.kind === 'failed' && end.failure.kind !== 'interrupted')
      process.stderr.write(`brickyard: ${end.failure.message}\n`);
    // Where only its last rollouts were in flight it is complete all the same; what would come next is not begun.
    if (isInterrupted) throw stopped(checkpoint);
    assertRolledOut(end, checkpoint, `${checkpoint} could not be rolled out on ${suite}`);
  } finally {
    process.off('SIGINT', pass).off('SIGTERM', pass);
  }
};

/**
 * Returns where the rollout was completed; rollouts that crashed are counted in it.
 * @param refusal what could not be done, where its input was refused; the reason has been said
 */
export function assertRolledOut(end: ProcessEnd<unknown>, checkpoint: string, refusal: string): void {
  if (end.kind === 'failed') throw errorOf(end.failure, checkpoint, refusal);
}

function errorOf({ kind, message }: Failure, checkpoint: string, refusal: string): Error {
  switch (kind) {
    case 'interrupted':
      return stopped(checkpoint);
    case 'bad-input':
    case 'refused':
    case 'disk-full':
      return new InputError(`${refusal}; the reason is above`);
    case 'bug':
      return new Error(`the rollout of ${checkpoint} failed: ${message}`);
    default:
      return new NegativeResult(`${refusal}; the reason is above`);
  }
}

const stopped = (checkpoint: string): Interrupted =>
  new Interrupted(`the rollout of ${checkpoint} was stopped; the same command goes on with it`);
