import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LineLog, readLines } from '../../sim/host/line-log.ts';

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
});
