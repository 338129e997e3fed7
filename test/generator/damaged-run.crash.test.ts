/**
 * An unfinished run with damage in what it remembers: --resume ends with the dataset of an undisturbed run, or refuses
 * in one sentence that names the file. Seeds are printed with each failure; BRICKYARD_FLIPS=200 tries more.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Rng } from '../../sim/engine/rng.ts';
import { gen, genOk, journalLines, SMALL, startCommand, until } from './gen-process.ts';

const ARGS = [...SMALL, '--episodes', '5', '--seed', '4', '--out', 'data'];
const FLIPS = Number(process.env.BRICKYARD_FLIPS ?? 6);
let home: string;
let expected: string;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'brickyard-damaged-'));
  expected = (await genOk([...ARGS.slice(0, -1), 'undisturbed'], home)).fingerprint;
  const run = startCommand(['gen', ...ARGS], home);
  // Two lines name the rendering stack.
  await until(() => journalLines(join(home, 'data')) >= 5 || run.child.exitCode !== null, 'three episodes');
  run.child.kill('SIGKILL');
  await run.ended;
}, 300_000);
afterAll(() => rmSync(home, { recursive: true, force: true }));

const work = (cwd: string): string => join(cwd, 'data', '.brickyard');
const staged = (cwd: string): string[] =>
  readdirSync(join(work(cwd), 'staged')).filter((name) => name.endsWith('.episode'));

/** A copy of the unfinished run, damaged; then what --resume makes of it. */
async function resumed(name: string, damage: (cwd: string) => void) {
  const cwd = join(home, name);
  cpSync(join(home, 'data'), join(cwd, 'data'), { recursive: true });
  damage(cwd);
  return gen([...ARGS, '--resume'], cwd);
}

test('one bit turned anywhere', async () => {
  for (let seed = 1; seed <= FLIPS; seed++) {
    const random = Rng.from('flip', seed);
    let place = '';
    const { code, stderr, summary } = await resumed(`flip-${seed}`, (cwd) => {
      const files = ['journal.jsonl', 'run.json', ...staged(cwd).map((file) => `staged/${file}`)];
      const file = files[seed % files.length];
      const bytes = readFileSync(join(work(cwd), file));
      const bit = random.integer(0, 8 * bytes.length - 1);
      bytes[bit >> 3] ^= 1 << (bit & 7);
      writeFileSync(join(work(cwd), file), bytes);
      place = `seed ${seed}: bit ${bit} of ${file}`;
    });
    if (code === 2) expect(stderr, place).toMatch(/(journal\.jsonl|run\.json).*remove/);
    else
      expect({ code, fingerprint: summary?.fingerprint, place }).toEqual({
        code: 0,
        fingerprint: expected,
        place,
      });
    rmSync(join(home, `flip-${seed}`), { recursive: true });
  }
}, 1_800_000);

test('a staged file of another episode, and one of another run', async () => {
  const other = [...SMALL, '--episodes', '5', '--seed', '5', '--out', 'data'];
  const cwd = join(home, 'other');
  mkdirSync(cwd);
  const run = startCommand(['gen', ...other], cwd);
  await until(
    () => run.child.exitCode !== null || (existsSync(work(cwd)) && journalLines(join(cwd, 'data')) >= 4),
    'an episode',
  );
  run.child.kill('SIGKILL');
  await run.ended;
  const { code, stderr, summary } = await resumed('swapped', (to) => {
    const [first, second, third] = staged(to).map((name) => join(work(to), 'staged', name));
    const bytes = readFileSync(first);
    writeFileSync(first, readFileSync(second));
    writeFileSync(second, bytes);
    writeFileSync(third, readFileSync(join(work(cwd), 'staged', staged(cwd)[0])));
  });
  expect(stderr.match(/of another episode; it is made again/g)).toHaveLength(3);
  expect({ code, fingerprint: summary?.fingerprint }).toEqual({ code: 0, fingerprint: expected });
}, 600_000);

test('the journal gone, and run.json and its copy both damaged', async () => {
  const without = await resumed('no-journal', (cwd) => rmSync(join(work(cwd), 'journal.jsonl')));
  expect({ code: without.code, fingerprint: without.summary?.fingerprint }).toEqual({
    code: 0,
    fingerprint: expected,
  });
  const { code, stderr } = await resumed('no-record', (cwd) => {
    for (const name of ['run.json', 'run.copy.json']) writeFileSync(join(work(cwd), name), '{"format":1,');
  });
  expect(code).toBe(2);
  expect(stderr).toMatch(/run\.json.*is damaged.*remove .*\.brickyard and begin/);
}, 300_000);
