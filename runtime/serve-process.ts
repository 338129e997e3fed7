/** The other end of own-process.ts: reads the request from stdin, does the work, tells how it ended. */
import { text } from 'node:stream/consumers';
import type { z } from 'zod';
import { exitCodeOf, failureOf } from './failure.ts';
import type { OwnEvent } from './process-events.ts';
import { guardTerminal } from './terminal.ts';

export interface ProcessPorts {
  /** A line or several for people. */
  say(text: string): void;
}

/** @param work its result is plain data; what it throws is reported as a failure */
export async function serveProcess<Q>(
  request: z.ZodType<Q>,
  work: (request: Q, ports: ProcessPorts) => Promise<object>,
): Promise<void> {
  guardTerminal();
  const write = process.stdout.write.bind(process.stdout);
  const emit = (event: OwnEvent): void => void write(`${JSON.stringify(event)}\n`);
  // Whatever else is printed is for people: stdout is for events alone.
  process.stdout.write = process.stderr.write.bind(process.stderr) as typeof process.stdout.write;
  try {
    const asked = request.parse(JSON.parse(await text(process.stdin)));
    const result = await work(asked, { say: (line) => emit({ event: 'text', text: line }) });
    emit({ event: 'result', result });
  } catch (error) {
    const failure = failureOf(error);
    if (failure.kind === 'bug' && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    emit({ event: 'failure', ...failure });
    process.exitCode = exitCodeOf(error);
  }
}
