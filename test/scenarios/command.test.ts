/** The command's parts, run in this process from a folder of the user's. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { scenarioCommand } from '../../generator/scenario-commands/command.ts';
import { listScenarios, loadScenario } from '../../scenarios/registry.ts';
import { InputError } from '../../sim/errors.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'scenario-command-'));
  vi.stubEnv('INIT_CWD', folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** What it prints, and the message of the InputError that it ends with, if any. */
async function run(...args: string[]): Promise<{ stdout: string; fault: string | null }> {
  let stdout = '';
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += text;
    return true;
  });
  const program = new Command()
    .option('--json')
    .option('--quiet')
    .exitOverride()
    .addCommand(scenarioCommand());
  try {
    await program.parseAsync(['scenario', ...args], { from: 'user' });
    return { stdout, fault: null };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { stdout, fault: error.message };
  } finally {
    spy.mockRestore();
  }
}

const lastLine = (stdout: string) => JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');

test('list shows every scenario, and as JSON its name and tags', async () => {
  const { stdout } = await run('list');
  for (const { name, title } of listScenarios()) {
    expect(stdout).toContain(name);
    expect(stdout).toContain(title);
  }
  expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(110);
  const json = lastLine((await run('list', '--json')).stdout);
  expect(json).toEqual({ scenarios: listScenarios().map(({ name, tags }) => ({ name, tags })) });
});

test.each(listScenarios().map((scenario) => scenario.name))(
  'new from %s is valid and says the same',
  async (from) => {
    expect((await run('new', 'my-yard', '--from', from)).fault).toBe(null);
    const text = readFileSync(join(folder, 'my-yard.yaml'), 'utf8');
    const schema = /\$schema=(\S+)/.exec(text)?.[1] ?? '';
    expect(readFileSync(resolve(folder, schema), 'utf8')).toContain('brickyard scenario');
    const { stdout, fault } = await run('validate', 'my-yard.yaml');
    expect(fault).toBe(null);
    expect(stdout).toContain(
      'my-yard.yaml: scenario my-yard is valid: every key and value checked, 64 starts drawn',
    );
    const { name, title, ...rest } = loadScenario('my-yard.yaml', folder);
    expect(name).toBe('my-yard');
    expect(title).toBe(`my-yard, made from ${from}`);
    const { name: _, title: __, ...original } = loadScenario(from, folder);
    expect(rest).toEqual(original);
  },
);

test('what the template shows in comments is valid too', async () => {
  await run('new', 'my-yard');
  const text = readFileSync(join(folder, 'my-yard.yaml'), 'utf8');
  const [head, comments] = text.split(/# -{20,}\n/);
  const shown = comments
    .split('\n')
    .slice(comments.split('\n').findIndex((line) => line.startsWith('# loader:')))
    .map((line) => line.slice(2))
    .join('\n');
  const kept = head.slice(0, head.indexOf('loader:'));
  writeFileSync(join(folder, 'shown.yaml'), kept + shown);
  expect(await run('validate', 'shown.yaml')).toEqual({
    stdout: expect.stringContaining('is valid'),
    fault: null,
  });
});

test('new overwrites nothing and gathers what is wrong', async () => {
  writeFileSync(join(folder, 'there.yaml'), 'mine');
  expect((await run('new', 'there')).fault).toBe(
    'scenario new: there.yaml exists already and is not overwritten; choose another --out',
  );
  expect(readFileSync(join(folder, 'there.yaml'), 'utf8')).toBe('mine');
  const { fault } = await run('new', 'My Yard', '--from', 'one', '--out', 'yard.txt');
  expect(fault).toContain('scenario new has 3 faults');
  expect((await run('new', 'wall')).fault).toContain(
    'the name "wall" is a built-in scenario\'s; choose another',
  );
  expect(readdirSync(folder)).toEqual(['there.yaml']);
});

test('validate names the faults of every file, and says so as JSON', async () => {
  await run('new', 'good');
  writeFileSync(join(folder, 'bad.yaml'), 'name: bad\n');
  const { stdout, fault } = await run('validate', 'good.yaml', 'bad.yaml', 'none.yaml', '--json');
  expect(fault).toContain('scenario file bad.yaml has 4 faults');
  expect(fault).toContain('scenario file none.yaml cannot be read (ENOENT)');
  const { ok, files } = lastLine(stdout);
  expect(ok).toBe(false);
  expect(
    files.map(({ name, fault: why }: { name: string | null; fault: string | null }) => [name, why === null]),
  ).toEqual([
    ['good', true],
    [null, false],
    [null, false],
  ]);
  expect((await run('validate', 'wall')).fault).toContain('scenario file ./wall cannot be read');
});

test('preview refuses bad numbers before it opens a browser', async () => {
  const { fault } = await run('preview', 'wall', '--count', '25', '--seed', '-1', '--out', 'a.jpg');
  expect(fault).toContain('--count is "25", but must be a whole number from 1 to 24');
  expect(fault).toContain('--seed is "-1", but must be a whole number from 0 to 4294967295');
  expect(fault).toContain('--out a.jpg must end in .png');
  expect((await run('preview', 'wal')).fault).toContain('scenario "wal" is not known; did you mean "wall"?');
});
