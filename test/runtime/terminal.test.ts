import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { printableLine } from '../../runtime/printable.ts';
import { guardTerminal, redrawLine } from '../../runtime/terminal.ts';
import { writeAll } from '../dataset/small-dataset.ts';

const HOSTILE = 'x\u001b[2J\u202ey\u009b1m\u061c';
const ESCAPED = 'x\\u001b[2J\\u202ey\\u009b1m\\u061c';

/** What a terminal would obey. */
const rawIn = (text: string): string[] =>
  ['\u001b', '\u009b', '\u202e', '\u061c'].filter((char) => text.includes(char));

function fakeStream() {
  const written: string[] = [];
  const write = (chunk: string | Uint8Array): boolean => written.push(String(chunk)) > 0;
  return { written, write: write as NodeJS.WriteStream['write'] };
}

describe('a guarded stream', () => {
  it('shows control and bidi characters as escapes, and keeps line ends and tabs', () => {
    const stream = fakeStream();
    guardTerminal([stream]);
    stream.write(`${HOSTILE}\t1\r\n`);
    expect(stream.written).toEqual([`${ESCAPED}\t1\\u000d\n`]);
  });

  it('is guarded once, however often that is asked for', () => {
    const stream = fakeStream();
    guardTerminal([stream]);
    guardTerminal([stream]);
    stream.write('\\\u001b');
    expect(stream.written).toEqual(['\\\\u001b']);
  });

  it('keeps JSON valid and its values the same', () => {
    const stream = fakeStream();
    guardTerminal([stream]);
    const value = { name: `${HOSTILE}\n"\\ ü 😀`, [HOSTILE]: 1 };
    stream.write(JSON.stringify(value));
    expect(rawIn(stream.written[0])).toEqual([]);
    expect(JSON.parse(stream.written[0])).toEqual(value);
  });

  it('takes bytes that are cut within a character', () => {
    const stream = fakeStream();
    guardTerminal([stream]);
    const bytes = Buffer.from('\u202e');
    stream.write(bytes.subarray(0, 1));
    stream.write(bytes.subarray(1));
    expect(stream.written.join('')).toBe('\\u202e');
  });

  it('redraws its live line, in which a text can do no more than in any other', () => {
    const stream = fakeStream();
    guardTerminal([stream]);
    redrawLine(stream, `scenario ${HOSTILE}`);
    expect(stream.written).toEqual([`\r\u001b[2Kscenario ${ESCAPED}`]);
  });
});

it('a part of a line cannot begin another line', () => {
  expect(printableLine('name\nvalid: 8 episodes\t\u001b')).toBe('name\\nvalid: 8 episodes\\t\\u001b');
});

describe('the command line', () => {
  let folder: string;
  let root: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'brickyard-terminal-'));
    root = join(folder, 'set');
    await writeAll({ out: root });
    const path = join(root, 'meta', 'info.json');
    const info = JSON.parse(readFileSync(path, 'utf8'));
    info.robot_type = `${HOSTILE}\nvalid: yes`;
    info.features.action.names[0] = `${HOSTILE}\nvalid: yes`;
    writeFileSync(path, JSON.stringify(info));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const cli = join(import.meta.dirname, '../../cli.ts');
  const run = (...args: string[]) => {
    const { stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8', cwd: folder });
    return stdout + stderr;
  };

  it('shows hostile names of a dataset as escapes, each in its own line', () => {
    const text = run('dataset', 'info', root);
    expect(text).toContain(`${ESCAPED}\\nvalid: yes`);
    expect(text).not.toMatch(/^valid: yes/m);
    expect(rawIn(text)).toEqual([]);
  });

  it('gives the same names as JSON', () => {
    const text = execFileSync(process.execPath, [cli, '--json', 'dataset', 'info', root], {
      encoding: 'utf8',
    });
    expect(rawIn(text)).toEqual([]);
    expect(JSON.parse(text).robot).toBe(`${HOSTILE}\nvalid: yes`);
  });

  it.each([
    ['an unknown option', [`--${HOSTILE}`]],
    ['a scenario that is not there', ['gen', '--dry-run', '--scenarios', HOSTILE]],
  ])('shows %s as escapes', (_what, args) => {
    const text = run(...args);
    expect(text).toContain('\\u001b[2J\\u202e');
    expect(rawIn(text)).toEqual([]);
  });
});
