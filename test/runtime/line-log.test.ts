import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LineLog, readLines, readLog } from '../../runtime/line-log.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'brickyard-lines-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const lines = fc.array(
  fc.string({ unit: 'binary', maxLength: 20 }).map((text) => JSON.stringify(text)),
  {
    minLength: 1,
    maxLength: 5,
  },
);

describe('a line log', () => {
  it('has no lines before it is there, and makes its folder', () => {
    const path = join(folder, 'new', 'log');
    expect(readLines(path)).toEqual([]);
    const log = new LineLog(path);
    log.append('first');
    expect(readLines(path)).toEqual(['first']);
    log.close();
  });

  it('cut at any byte keeps every whole line, and goes on behind them', () => {
    const path = join(folder, 'cut');
    fc.assert(
      fc.property(lines, fc.nat(), (written, cut) => {
        rmSync(path, { force: true });
        const first = new LineLog(path);
        for (const line of written) first.append(line);
        first.close();
        const length = cut % (readFileSync(path).length + 1);
        const whole = readFileSync(path).subarray(0, length).toString('latin1').split('\n').length - 1;
        truncateSync(path, length);
        expect(readLines(path)).toEqual(written.slice(0, whole));
        const second = new LineLog(path);
        second.append('"after"');
        second.close();
        expect(readLines(path)).toEqual([...written.slice(0, whole), '"after"']);
      }),
      { numRuns: 50 },
    );
  });

  it('is not touched by a reader', () => {
    const path = join(folder, 'read');
    writeFileSync(path, 'whole\n');
    appendFileSync(path, 'torn');
    expect(readLines(path)).toEqual(['whole']);
    expect(readFileSync(path, 'utf8')).toBe('whole\ntorn');
  });

  it('with any bit turned loses lines, and never has another one', () => {
    const path = join(folder, 'turned');
    const written = Array.from({ length: 5 }, (_, i) => JSON.stringify({ line: i, text: `é "${i}"` }));
    fc.assert(
      fc.property(fc.nat(), (place) => {
        rmSync(path, { force: true });
        const log = new LineLog(path);
        for (const line of written) log.append(line);
        log.close();
        const bytes = readFileSync(path);
        const bit = place % (8 * bytes.length);
        bytes[bit >> 3] ^= 1 << (bit & 7);
        writeFileSync(path, bytes);
        const accept = (text: string): string => {
          const { line, text: said } = JSON.parse(text);
          return JSON.stringify({ line, text: said });
        };
        const { values, damaged } = readLog(path, accept);
        expect(values).toEqual(written.filter((line) => values.includes(line)));
        expect(values.length).toBeGreaterThanOrEqual(3);
        const again = new LineLog(path, damaged);
        again.append('{"line":"after"}');
        again.close();
        expect(readLog(path, JSON.parse)).toMatchObject({ damaged: [] });
        expect(readLines(path)).toHaveLength(values.length + 1);
      }),
      { numRuns: 300 },
    );
  });

  it('begun before lines had checksums is read and continued', () => {
    const path = join(folder, 'old');
    writeFileSync(path, '{"old":1}\n{"old":2}\n');
    const log = new LineLog(path);
    log.append('{"new":3}');
    log.close();
    expect(readLines(path)).toEqual(['{"old":1}', '{"old":2}', '{"new":3}']);
    appendFileSync(path, '{"old":4}\n');
    expect(readLog(path, (text) => text).damaged).toEqual([
      { line: 4, why: 'it has no checksum, lines before it have one' },
    ]);
  });

  it('has lines that are still JSON for those who know of no checksum', () => {
    const path = join(folder, 'json');
    const log = new LineLog(path);
    for (const line of ['{"a":[{"b":1}]}', '{"a":"}"}', '{}']) log.append(line);
    log.close();
    const [first, second, empty] = readFileSync(path, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
    expect([first, second]).toEqual([
      { a: [{ b: 1 }], sum: expect.any(String) },
      { a: '}', sum: expect.any(String) },
    ]);
    expect(empty).toEqual({});
  });
});
