/** Bad input: exit 2, one clear sentence, nothing touched. Each through the real command. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gen, genOk, journalLines, SMALL, startCommand, until } from './gen-process.ts';

let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'brickyard-refusals-'));
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

async function refused(args: readonly string[], ...texts: string[]): Promise<void> {
  const before = readdirSync(cwd, { recursive: true }).length;
  const { code, stdout, stderr } = await gen(args, cwd);
  for (const text of texts) expect(stderr).toContain(text);
  expect(stderr).not.toMatch(/\n\s+at /);
  expect(code).toBe(2);
  expect(stdout).toBe('');
  expect(readdirSync(cwd, { recursive: true }).length).toBe(before);
}

describe('gen refuses', () => {
  test.each([
    [['--workers', '0'], '--workers'],
    [['--workers', '-1'], 'got "-1"'],
    [['--workers', '1e9'], 'got "1e9"'],
    [['--workers', 'x'], 'got "x"'],
    [['--episodes', '0'], '--episodes'],
    [['--size', '321x240'], 'even'],
    [['--size', '99998x2'], 'from 32 to 1920'],
    [['--fps', '7'], '--fps must be one of'],
    [['--scenarios', 'one-brik'], 'one-brick'],
    [['--scenarios', './absent.yaml'], 'absent.yaml'],
    [['--append'], 'no dataset'],
    [['--frobnicate'], 'unknown option'],
    [['surplus'], 'too many arguments'],
  ])('%j', async (args, text) => {
    await refused([...args, '--out', 'new'], text);
  });

  test('a missing browser, before anything is touched', async () => {
    const run = startCommandWithout(['gen', '--out', 'new', '--episodes', '1']);
    const { code, stderr } = await run.ended;
    expect(stderr).toContain('apt-get install');
    expect(code).toBe(2);
    expect(existsSync(join(cwd, 'new'))).toBe(false);
  });

  test('an --out that is a file, or holds something else', async () => {
    writeFileSync(join(cwd, 'file'), 'x');
    await refused(['--out', 'file'], 'is a file');
    mkdirSync(join(cwd, 'holiday'));
    writeFileSync(join(cwd, 'holiday', 'photo.jpg'), 'x');
    await refused(['--out', 'holiday'], 'no dataset', 'photo.jpg');
  });
});

/** With a PATH on which no browser is. */
function startCommandWithout(args: string[]) {
  const path = process.env.PATH;
  const own = process.env.PUPPETEER_CACHE_DIR;
  process.env.PATH = '/nonexistent';
  process.env.PUPPETEER_CACHE_DIR = '/nonexistent';
  try {
    return startCommand(args, cwd);
  } finally {
    process.env.PATH = path;
    if (own === undefined) delete process.env.PUPPETEER_CACHE_DIR;
    else process.env.PUPPETEER_CACHE_DIR = own;
  }
}

test('a finished dataset, an unfinished run, and --resume with other settings', async () => {
  const small = [...SMALL, '--episodes', '3', '--out', 'done'];
  await genOk(small, cwd);
  await refused(small, 'already holds a dataset of 3 episodes', '--append');
  await refused(['--resume', '--out', 'done', '--fps', '30'], '--fps was 10 when the run began, now 30');
  await refused(['--append', '--out', 'done', '--scenarios', 'one-brick'], '--size 96x64');

  const half = [...SMALL, '--episodes', '40', '--out', 'half'];
  const run = startCommand(['gen', ...half], cwd);
  await until(() => journalLines(join(cwd, 'half')) > 1, 'an episode');
  run.child.kill('SIGKILL');
  await run.ended;
  await refused(half, 'holds an unfinished run', '--resume');
  const other = ['--resume', '--out', 'half', '--seed', '7', '--episodes', '41'];
  await refused(
    other,
    '--seed was 0 when the run began, now 7',
    '--episodes was 40 when the run began, now 41',
  );
});
