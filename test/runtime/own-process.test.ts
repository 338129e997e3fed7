import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startOwnProcess, unreported } from '../../runtime/own-process.ts';
import { ownEvent, readEvent } from '../../runtime/process-events.ts';
import { isAlive } from '../../runtime/process-stat.ts';

function start(request: object) {
  const lines: string[] = [];
  const child = startOwnProcess({
    module: join(import.meta.dirname, 'echo-process.ts'),
    request,
    result: z.strictObject({ pid: z.number() }),
    onText: (line) => lines.push(line),
  });
  return { ...child, lines };
}

describe('an event', () => {
  const text = { event: 'text', text: 'a' } as const;
  it.each([
    ['{"event":"text","text":"a"}', { event: text, text: undefined }],
    ['{"event": "text", "text": "a"}', { event: text, text: undefined }],
    ['WARNING: {"event":"text","text":"a"}', { event: text, text: 'WARNING: ' }],
    ['{"event":"text","text":', { event: undefined, text: '{"event":"text","text":' }],
    ['{"event":"other"}', { event: undefined, text: '{"event":"other"}' }],
    ['{"loss":1}', { event: undefined, text: '{"loss":1}' }],
    ['', { event: undefined, text: undefined }],
  ])('is read from %j', (line, read) => {
    expect(readEvent(line, ownEvent)).toEqual(read);
  });

  it('of a failure whose kind is not known is a bug, with its message', () => {
    const { event } = readEvent('{"event":"failure","kind":"flooded","message":"water"}', ownEvent);
    expect(event).toMatchObject({ kind: 'bug', message: 'water' });
  });
});

describe('a process of ours', () => {
  it('answers from a process of its own', async () => {
    const { ended, pid, lines } = start({ does: 'answers' });
    expect(await ended).toEqual({ kind: 'done', result: { pid } });
    expect(pid).not.toBe(process.pid);
    expect(lines).toEqual(['first', 'second']);
  });

  it('keeps what is printed apart from its events', async () => {
    const { ended, pid, lines } = start({ does: 'prints' });
    expect(await ended).toEqual({ kind: 'done', result: { pid } });
    expect(lines.toSorted()).toEqual(
      ['first', 'second', '{"event":"result","result":"of a library"}', 'no line break'].toSorted(),
    );
  });

  it.each([
    ['bad-input', 'such is no scenario'],
    ['negative', 'too few'],
    ['interrupted', 'stopped'],
    ['diverged', 'loss is nan'],
    ['disk-full', '/x: no space left on the disk (ENOSPC); free some space or name another place'],
    ['refused', '/x: permission denied (EACCES); change its owner or mode, or name another place'],
    ['bug', 'internal error: x is not a function'],
  ])('that throws says so: %s', async (kind, message) => {
    const { ended, lines } = start({ does: 'throws', throws: kind });
    expect(await ended).toEqual({ kind: 'failed', failure: { kind, message } });
    expect(lines.some((line) => line.includes('echo-process.ts'))).toBe(kind === 'bug');
  });

  it('refuses a request that it does not know', async () => {
    expect(await start({ does: 'sings' }).ended).toMatchObject({ kind: 'failed', failure: { kind: 'bug' } });
  });

  it.each(['kill', 'interrupt'] as const)('that is ended by %s was interrupted, and is gone', async (how) => {
    const { ended, pid, lines, kill, interrupt } = start({ does: 'hangs' });
    await expect.poll(() => lines, { timeout: 30_000 }).toContain('second');
    if (how === 'kill') kill();
    else interrupt('SIGTERM');
    expect(await ended).toMatchObject({ kind: 'failed', failure: { kind: 'interrupted' } });
    expect(isAlive(pid!)).toBe(false);
  });

  it('that ends without a word is a bug', async () => {
    expect(await start({ does: 'exits' }).ended).toMatchObject({
      failure: { kind: 'bug', message: 'it ended with exit code 5' },
    });
    expect(unreported(1, 'the last words')).toEqual({ kind: 'bug', message: 'the last words' });
    expect(unreported(137, 'the last words')).toMatchObject({ kind: 'interrupted' });
  });
});
