import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Journal, type JournalLine } from '../../generator/journal.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'brickyard-journal-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const seconds = { simulate: 1, replay: 0, draw: 2, stage: 0.5 };
const failure = { scenario: 'wall', slot: 3, attempt: 0, reason: 'timeout' as const, detail: 'at (1, 2)' };
const lines: JournalLine[] = [
  { type: 'failed', job: 4, failures: [failure], nextAttempt: 10 },
  {
    type: 'kept',
    job: 4,
    failures: [
      { ...failure, attempt: 10 },
      { ...failure, attempt: 11 },
    ],
    kept: { scenario: 'wall', attempt: 12, frames: 200, stagedBytes: 9, finalStateHash: 'ab' },
    seconds,
  },
];

describe('Journal', () => {
  test('what was appended is there after a reopening', () => {
    const first = Journal.open(folder);
    for (const line of lines) first.append(line);
    first.close();
    const { state } = Journal.open(folder);
    expect(state.kept.get(4)?.frames).toBe(200);
    expect(state.nextAttempt.get(4)).toBe(10);
    expect(state.failed.size).toBe(3);
    expect(state.seconds).toEqual(seconds);
    expect(state).toEqual(first.state);
  });

  test('a line torn at any byte is cut off, and the journal goes on behind the whole ones', () => {
    const torn = JSON.stringify(lines[1]);
    for (let length = 1; length < torn.length; length += 7) {
      rmSync(join(folder, 'journal.jsonl'), { force: true });
      const first = Journal.open(folder);
      first.append(lines[0]);
      first.close();
      appendFileSync(join(folder, 'journal.jsonl'), torn.slice(0, length));
      const second = Journal.open(folder);
      expect(second.state.kept.size).toBe(0);
      second.append(lines[1]);
      second.close();
      expect(readFileSync(join(folder, 'journal.jsonl'), 'utf8').split('\n').filter(Boolean)).toHaveLength(2);
      expect(Journal.open(folder).state.kept.size).toBe(1);
    }
  });
});
