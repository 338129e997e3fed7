/**
 * The one place that every line to stdout and stderr passes. Names, tasks and messages come from files that anyone may
 * have made: what would move the cursor, clear the screen or reorder a line is shown as an escape instead. JSON stays
 * what it is, because `\u202e` in a JSON string means the same character.
 */
import { StringDecoder } from 'node:string_decoder';
import { printable } from './printable.ts';

type Write = NodeJS.WriteStream['write'];
type TerminalStream = Pick<NodeJS.WriteStream, 'write'>;

const unguarded = new WeakMap<TerminalStream, Write>();

/** From now on whatever is written to these streams is printable, whoever writes it. */
export function guardTerminal(streams: readonly TerminalStream[] = [process.stdout, process.stderr]): void {
  for (const stream of streams) {
    if (unguarded.has(stream)) continue;
    const write = stream.write.bind(stream) as Write;
    unguarded.set(stream, write);
    // Bytes of worker threads arrive in pieces that may end within a character.
    const decoder = new StringDecoder('utf8');
    stream.write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
      const text = typeof chunk === 'string' ? chunk : decoder.write(Buffer.from(chunk));
      return (write as (...args: unknown[]) => boolean)(printable(text), ...rest);
    }) as Write;
  }
}

/**
 * Replaces the line that the cursor is in; the text itself can do no more than any other.
 * The only writer of control characters.
 */
export function redrawLine(stream: TerminalStream, text: string): void {
  const write = unguarded.get(stream) ?? stream.write.bind(stream);
  write(`\r\x1b[2K${printable(text)}`);
}
