/** What the trainer's programs say on stdout when BRICKYARD_EVENTS is set: one JSON object a line. */
import { z } from 'zod';
import { failureEvent, readEvent } from '../../runtime/process-events.ts';

const finiteOrNull = z.number().nullable();

export const trainerEvents = z.discriminatedUnion('event', [
  /** Why it ends, of whichever of its processes; the first one counts. */
  failureEvent,
  z.looseObject({
    event: z.literal('start'),
    run: z.string(),
    steps: z.number().int(),
    parameters: z.number().int().optional(),
  }),
  z.looseObject({
    event: z.literal('step'),
    step: z.number().int(),
    steps: z.number().int(),
    loss: finiteOrNull,
    steps_per_s: finiteOrNull,
    eta_s: finiteOrNull,
  }),
  z.looseObject({ event: z.literal('report') }),
  z.looseObject({ event: z.literal('checkpoint'), step: z.number().int(), path: z.string() }),
  z.looseObject({
    event: z.literal('exported'),
    step: z.number().int(),
    /** The policy folder. */
    path: z.string(),
  }),
  z.looseObject({
    event: z.literal('end'),
    run: z.string(),
    steps: z.number().int(),
    loss_first: finiteOrNull,
    loss_last: finiteOrNull,
    best: z.unknown(),
    checkpoint: z.string().nullable(),
    policy: z.string().nullable(),
  }),
]);

export type TrainerEvent = z.infer<typeof trainerEvents>;
export type EndEvent = Extract<TrainerEvent, { event: 'end' }>;
export type StepEvent = Extract<TrainerEvent, { event: 'step' }>;

/** The event of a line, or undefined when the line is something else (a library's own print). */
export function trainerEvent(line: string): TrainerEvent | undefined {
  return readEvent(line, trainerEvents).event;
}
