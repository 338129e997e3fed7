/** state.json: all that a loop knows of itself. Replaced whole, before a stage is begun and after it ended, and kept twice. */
import { z } from 'zod';
import { Disk } from '../runtime/disk.ts';
import { readTwin, twinFiles } from '../runtime/twin-file.ts';
import { InputError, NegativeResult } from '../sim/errors.ts';
import { contentSchema, limitsSchema, machineSchema } from './settings.ts';
import { type FactsOf, factsSchemas, type RequestOf, requestSchema, type StageKind } from './stages.ts';

export const STATE_FILE = 'state.json';

const span = z.strictObject({ fromS: z.number(), toS: z.number().nullable() });

const recordSchema = z.strictObject({
  request: requestSchema,
  status: z.enum(['begun', 'done', 'unusable']),
  /** Of active time; one for each process that worked on it. */
  spans: z.array(span),
  /** Of all its processes; null where that cannot be known. */
  cpuS: z.number().nullable(),
  /** Core-seconds that nobody used while it ran; null likewise. */
  idleS: z.number().nullable(),
  /** Beside a training rather than in turn. */
  beside: z.boolean(),
  facts: z.unknown(),
  /** Why it is unusable. */
  message: z.string().nullable(),
});
export type StageRecord = z.infer<typeof recordSchema>;

export const STOP_REASONS = ['rounds', 'target', 'budget', 'no improvement', 'diverged'] as const;
export type StopReason = (typeof STOP_REASONS)[number];

const stateSchema = z.strictObject({
  format: z.literal(1),
  content: contentSchema,
  limits: limitsSchema,
  machine: machineSchema,
  madeWith: z.record(z.string(), z.string()),
  /** Seconds in which a process worked on this loop; waiting to be started again does not count. */
  elapsedS: z.number(),
  /** In the order in which they were begun. */
  stages: z.array(recordSchema),
  ending: z.strictObject({ reason: z.enum(STOP_REASONS), sentence: z.string() }).nullable(),
});
export type LoopState = z.infer<typeof stateSchema>;

/** The record of a stage, begun or not. */
export function recordOf(state: LoopState, id: string): StageRecord | undefined {
  return state.stages.find(({ request }) => request.id === id);
}

/** What is known of stages that are done, in the order in which they were begun. */
export function doneStages<K extends StageKind>(
  state: LoopState,
  kind: K,
): { request: RequestOf<K>; facts: FactsOf<K>; record: StageRecord }[] {
  return state.stages
    .filter(({ status, request }) => status === 'done' && request.kind === kind)
    .map((record) => ({
      request: record.request as RequestOf<K>,
      facts: record.facts as FactsOf<K>,
      record,
    }));
}

/** Seconds that were spent on a stage so far. */
export const secondsOf = ({ spans }: StageRecord): number =>
  spans.reduce((sum, { fromS, toS }) => sum + ((toS ?? fromS) - fromS), 0);

/**
 * The state in a file; undefined when there is none.
 * @throws InputError when the file is none of ours
 */
export function readState(path: string): LoopState | undefined {
  const read = readTwin(path, (value) => {
    const parsed = stateSchema.safeParse(value);
    const issue = parsed.error?.issues[0];
    if (!parsed.success) throw new Error(`${issue?.path.join('.')}: ${issue?.message}`);
    return parsed.data;
  });
  if (read.kind === 'missing') return undefined;
  if (read.kind === 'damaged')
    throw new InputError(
      `${path} is no state of a loop of this version, and neither is its copy (${read.why}); name another --out`,
    );
  for (const { status, request, facts } of read.value.stages)
    if (status === 'done' && !factsSchemas[request.kind].safeParse(facts).success)
      throw new InputError(`${path}: the facts of stage ${request.id} are damaged; name another --out`);
  return read.value;
}

/** @throws NegativeResult when the disk does not take it: the state before stands */
export async function writeState(path: string, state: LoopState): Promise<void> {
  try {
    for (const file of twinFiles(path, JSON.stringify(state, null, 1)))
      await new Disk().writeWhole(file.path, file.text);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new NegativeResult(
      code === 'ENOSPC'
        ? `${path} cannot be written: the disk is full; free some space, the same command goes on`
        : `${path} cannot be written (${message}); the same command goes on once it can`,
    );
  }
}
