/**
 * Kills commands at random moments (SIGKILL of the command and of all that it started), completes each as its user
 * would, and compares what stands there with what an undisturbed run leaves:
 *
 *   node scripts/run-script.mjs kill-matrix.ts [--only gen,split] [--kills 200] [--seed 1] [--minutes 60] [--work DIR]
 *
 * Prints a table and exits 1 when anything differs. With --work it keeps the undisturbed results and every outcome
 * there, and a second start continues where the first was out of time. Train, export and loop need BRICKYARD_PYTHON.
 */
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Rng } from '../sim/engine/rng.ts';
import { type Cell, type CommandUnderTest, commandsUnderTest } from './kill-matrix/commands.ts';
import { run, runKilled } from './kill-matrix/killed-process.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '600' },
    work: { type: 'string' },
  },
});
const seed = Number(values.seed);
const endsAt = Date.now() + Number(values.minutes) * 60_000;
const work = values.work ? resolve(values.work) : mkdtempSync(join(tmpdir(), 'brickyard-kills-'));
mkdirSync(work, { recursive: true });
const outcomesFile = join(work, 'outcomes.jsonl');

interface Outcome {
  command: string;
  /** Names the moment: the same seed and number kill after the same share of the undisturbed time. */
  kill: number;
  afterMs: number;
  /** `ended`: it was over before it could be killed. */
  result: 'identical' | 'different' | 'refused' | 'ended';
  detail: string;
}

const outcomes: Outcome[] = existsSync(outcomesFile)
  ? readFileSync(outcomesFile, 'utf8')
      .trim()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
  : [];

/** The folder with the command's inputs and nothing else. */
async function fresh(command: CommandUnderTest, cell: Cell): Promise<void> {
  rmSync(cell.folder, { recursive: true, force: true });
  mkdirSync(cell.folder, { recursive: true });
  await command.prepare?.(cell, run);
}

/** What an undisturbed run leaves, and how long it takes. */
async function undisturbed(command: CommandUnderTest): Promise<{ digest: string; ms: number }> {
  const cell = command.cell(join(work, `${command.name}-undisturbed`));
  await fresh(command, cell);
  const from = performance.now();
  const { code, stderr } = await run(command.first(cell), cell.folder);
  if (code !== 0) throw new Error(`undisturbed ${command.name} ends with ${code}: ${stderr.slice(-600)}`);
  return { digest: await command.digest(cell), ms: performance.now() - from };
}

async function killOnce(
  command: CommandUnderTest,
  kill: number,
  expected: { digest: string; ms: number },
): Promise<Outcome> {
  const random = Rng.from('kill', seed, command.name, kill);
  const cell: Cell = command.cell(join(work, `${command.name}-${kill}`));
  await fresh(command, cell);
  let afterMs = 0;
  for (let tries = 0; ; tries++) {
    afterMs = Math.round(random.range(0.1, 1) * expected.ms);
    const from = performance.now();
    if (await runKilled(command.first(cell), cell.folder, afterMs)) break;
    // A machine that others use is not always as slow as it was at the undisturbed run.
    expected.ms = Math.min(expected.ms, performance.now() - from);
    if (tries === 3) return { command: command.name, kill, afterMs, result: 'ended', detail: '' };
    await fresh(command, cell);
  }
  const outcome = { command: command.name, kill, afterMs };
  const { code, stderr } = await run(command.again(cell), cell.folder);
  if (code === 2) return { ...outcome, result: 'refused', detail: stderr.trim().slice(-400) };
  const digest = code === 0 ? await command.digest(cell) : `exit code ${code}: ${stderr.slice(-400)}`;
  if (digest !== expected.digest) return { ...outcome, result: 'different', detail: digest.slice(-400) };
  rmSync(cell.folder, { recursive: true, force: true });
  return { ...outcome, result: 'identical', detail: '' };
}

function print(names: readonly string[]): void {
  const columns = ['identical', 'ended', 'different', 'refused'] as const;
  const cells = [['command', 'kills', ...columns]];
  for (const name of [...names, 'all']) {
    const own = outcomes.filter(({ command }) => name === 'all' || command === name);
    const counts = columns.map((column) => own.filter(({ result }) => result === column).length);
    cells.push([name, `${own.length - counts[1]}`, ...counts.map(String)]);
  }
  for (const row of cells) process.stdout.write(`${row.map((cell) => cell.padEnd(11)).join('')}\n`);
  for (const { command, kill, afterMs, result, detail } of outcomes)
    if (result === 'different' || result === 'refused')
      process.stdout.write(`${command} ${kill}, killed after ${afterMs} ms: ${result}: ${detail}\n`);
}

const commands = commandsUnderTest(values.only?.split(','));
const shares = commands.reduce((sum, { weight }) => sum + weight, 0);
process.stderr.write(`seed ${seed}, work in ${work}\n`);
for (const command of commands) {
  const wanted = Math.max(1, Math.round((Number(values.kills) * command.weight) / shares));
  const isDone = (kill: number): boolean =>
    outcomes.some((outcome) => outcome.command === command.name && outcome.kill === kill);
  const missing = Array.from({ length: wanted }, (_, i) => i).filter((kill) => !isDone(kill));
  if (missing.length === 0 || Date.now() > endsAt) continue;
  const expected = await undisturbed(command);
  for (const kill of missing) {
    if (Date.now() > endsAt) break;
    const outcome = await killOnce(command, kill, expected);
    outcomes.push(outcome);
    appendFileSync(outcomesFile, `${JSON.stringify(outcome)}\n`);
    process.stderr.write(
      `${command.name} ${kill}: ${outcome.result} (after ${outcome.afterMs} of ${Math.round(expected.ms)} ms)\n`,
    );
  }
}
print(commands.map(({ name }) => name));
if (!values.work) rmSync(work, { recursive: true, force: true });
if (outcomes.some(({ result }) => result === 'different')) process.exitCode = 1;
