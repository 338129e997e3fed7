/**
 * The events that a process writes to its stdout, a JSON object a line with its name as `event`. Those of this program's
 * own processes are here; trainer/launch/events.ts adds the ones of a training. What a library prints in between is no
 * event, and does not hide one that follows it on the same line.
 */
import { z } from 'zod';
import { failureSchema } from './failure.ts';

export const failureEvent = z.looseObject({ event: z.literal('failure'), ...failureSchema.shape });

export const ownEvent = z.discriminatedUnion('event', [
  /** A line or several for people. */
  z.strictObject({ event: z.literal('text'), text: z.string() }),
  /** What was asked for; whoever asked knows its schema. */
  z.strictObject({ event: z.literal('result'), result: z.unknown() }),
  failureEvent,
]);
export type OwnEvent = z.infer<typeof ownEvent>;

const BEGIN = '{"event":';

/** The event in a line, and what stands before it; neither is there for an empty line. */
export function readEvent<E>(line: string, schema: z.ZodType<E>): { event?: E; text?: string } {
  const at = line.indexOf(BEGIN);
  const event = at < 0 ? undefined : eventIn(line.slice(at), schema);
  const text = event === undefined ? line : line.slice(0, at);
  return { event, text: text === '' ? undefined : text };
}

function eventIn<E>(text: string, schema: z.ZodType<E>): E | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
