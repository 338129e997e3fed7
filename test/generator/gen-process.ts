/** Runs the real command as a process of its own, for tests that look at it from outside. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GenSummary } from '../../generator/summary.ts';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface GenProcess {
  child: ChildProcess;
  pid: number;
  /** Everything written to stderr so far. */
  stderr(): string;
  ended: Promise<Ended>;
}

/** Small pictures and one easy scenario: what is tested here does not depend on them. */
export const SMALL = ['--scenarios', 'one-brick', '--size', '96x64', '--workers', '2'];

/** Starts `brickyard ARGS`; relative paths resolve against `cwd`. */
export function startCommand(args: readonly string[], cwd: string): GenProcess {
  const child = spawn(process.execPath, [join(ROOT, 'cli.ts'), ...args], {
    cwd,
    env: { ...process.env, INIT_CWD: cwd },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { child, pid: child.pid!, stderr: () => stderr, ended };
}

/** Runs `brickyard gen ARGS --json` to its end. */
export async function gen(
  args: readonly string[],
  cwd: string,
): Promise<Ended & { summary: GenSummary | undefined }> {
  const ended = await startCommand(['gen', ...args, '--json'], cwd).ended;
  const last = ended.stdout.trim().split('\n').at(-1);
  return { ...ended, summary: last?.startsWith('{') ? (JSON.parse(last) as GenSummary) : undefined };
}

/** The summary of a run that must succeed. */
export async function genOk(args: readonly string[], cwd: string): Promise<GenSummary> {
  const { code, stderr, summary } = await gen(args, cwd);
  if (code !== 0 || !summary) throw new Error(`gen ${args.join(' ')} ended with ${code}: ${stderr}`);
  return summary;
}

/** Main processes of the browsers that a command started (their profile is named after it). */
export function browsersOf(pid: number, includeChildren = false): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      const words = commandLine(name);
      if (!words.some((word) => word.includes(`/chromium-${pid}-`))) return false;
      return includeChildren || !words.some((word) => word.startsWith('--type='));
    })
    .map(Number);
}

function commandLine(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** Resolves when `condition` holds; rejects after a generous while. */
export async function until(condition: () => boolean, what: string, timeoutS = 60): Promise<void> {
  const end = Date.now() + timeoutS * 1000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`${what}: not within ${timeoutS} s`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Lines in the journal of an unfinished run. */
export function journalLines(out: string): number {
  try {
    return readFileSync(join(out, '.brickyard', 'journal.jsonl'), 'utf8').split('\n').length - 1;
  } catch {
    return 0;
  }
}

/** A folder that is gone after `use`. */
export async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'brickyard-test-'));
  try {
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
