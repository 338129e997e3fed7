/** Runs stages as processes of this program's own commands; what they say goes to a log beside what they make. */
import { createWriteStream, existsSync, mkdirSync, statfsSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { Disk } from '../dataset/disk.ts';
import { coreTimes } from '../runtime/idle-cores.ts';
import { INTERRUPTED_EXIT_CODE } from '../runtime/interrupt.ts';
import { type RunningCommand, startOwnCommand } from '../runtime/own-command.ts';
import { runsFolder } from '../trainer/launch/remote/run-id.ts';
import type { RemoteSummary } from '../trainer/launch/remote/train-remotely.ts';
import { checkpointNames } from '../trainer/launch/run-folder.ts';
import { CpuMeter } from './cpu-time.ts';
import { type Elsewhere, remoteRunId, trainsElsewhere } from './elsewhere.ts';
import { LOOP_MARK } from './leftovers.ts';
import { bringHome, remoteProgress } from './remote-runs.ts';
import { roundFolder } from './round-stages.ts';
import type { LoopContent, LoopMachine } from './settings.ts';
import { stageArguments } from './stage-arguments.ts';
import { remoteTrainFacts, stageFacts } from './stage-facts.ts';
import type { RequestOf, Spent, StageConditions, StageRequest, StageResult, StageRunner } from './stages.ts';

/** What train.py says when the numbers run away; anything else that ends with 1 is no matter of the learning rate. */
export const DIVERGED = /the loss or its gradient is/;
/** Below this much room a failure is taken for that of a full disk. */
const FULL_BELOW_BYTES = 32 * 2 ** 20;
const KEPT_LINES = 20;
const CACHE_FOLDER = 'cache';

export interface CliStagesOptions {
  /** Of the loop, absolute, without links. */
  out: string;
  content: LoopContent;
  machine: LoopMachine;
  elsewhere: Elsewhere;
  /** Hears every line that a stage says. */
  onText(id: string, line: string): void;
}

export class CliStages implements StageRunner {
  readonly #options: CliStagesOptions;
  readonly #running = new Map<string, RunningCommand>();

  constructor(options: CliStagesOptions) {
    this.#options = options;
  }

  async run(request: StageRequest, how: StageConditions): Promise<StageResult> {
    const { out } = this.#options;
    // A merged dataset appears whole or not at all, and its command refuses a folder that is there.
    if (request.kind === 'merge' && existsSync(join(out, request.out)))
      return { kind: 'done', facts: await stageFacts(request, out, undefined), cpuS: null, idleS: null };
    const remote = request.kind === 'train' ? this.#remoteRun(request) : undefined;
    const progress = remote && remoteProgress(remote.run);
    if (remote && progress === 'done') return remote.result({ cpuS: null, idleS: null });
    const resumable = remote ? progress === 'begun' : await this.#prepare(request);
    const args = stageArguments(request, { ...this.#options, workers: how.workers, resumable });
    const { code, summary, lines, spent } = await this.#start(request, args, how.niceness);
    if (code === 0 && remote) return remote.result(spent);
    const isRollout = request.kind === 'aim' || request.kind === 'judge' || request.kind === 'confirm';
    // Rollouts that crashed are counted, and end their command with 1.
    if (code === 0 || (code === 1 && isRollout && summary)) {
      const facts = await stageFacts(request, out, summary);
      // The next training has other data: these frames would only fill the disk.
      if (request.kind === 'train') await new Disk().remove(join(out, CACHE_FOLDER));
      return { kind: 'done', facts, ...spent };
    }
    if (code === INTERRUPTED_EXIT_CODE || code > 128) return { kind: 'interrupted', ...spent };
    const diverged = lines.findLast((line) => DIVERGED.test(line));
    if (request.kind === 'train' && code === 1 && diverged)
      return { kind: 'unusable', message: withoutPrefix(diverged), ...spent };
    if (isDiskFull(out))
      return { kind: 'failed', message: 'the disk is full; free some space', badInput: false, ...spent };
    const message = (remote && remoteWords(summary)) ?? lastWords(lines, code);
    // Too few of the starts that the failures led to could be solved: the round does without them.
    if (request.kind === 'corrections' && code === 1) return { kind: 'unusable', message, ...spent };
    return { kind: 'failed', message, badInput: code === 2, ...spent };
  }

  interrupt(id?: string): void {
    for (const [each, command] of this.#running)
      if (id === undefined || each === id) command.interrupt('SIGTERM');
  }

  kill(): void {
    for (const command of this.#running.values()) command.kill();
  }

  /** Of a training on another machine, and what becomes of it once its policy is here. */
  #remoteRun(request: RequestOf<'train'>) {
    const { out, machine, elsewhere } = this.#options;
    if (!trainsElsewhere(machine)) return undefined;
    const run = join(runsFolder(elsewhere.folder), remoteRunId(elsewhere, request));
    const result = async (spent: Spent): Promise<StageResult> => {
      await bringHome(run, join(out, request.out), new Disk());
      return { kind: 'done', facts: remoteTrainFacts(request, out), ...spent };
    };
    return { run, result };
  }

  /** @returns whether a training has a checkpoint to go on from; what has none is begun anew */
  async #prepare(request: StageRequest): Promise<boolean> {
    if (request.kind !== 'train') return false;
    const run = join(this.#options.out, request.out);
    if (!existsSync(join(run, 'run.json'))) return false;
    if (checkpointNames(run).length > 0) return true;
    await new Disk().discard(run);
    return false;
  }

  /**
   * A training's decoded frames lie with the loop, and go when it has ended: ten rounds of them in the user's cache,
   * each with all the data before, would outgrow the datasets. What libraries download stays where it is.
   */
  #caches({ kind }: StageRequest): Record<string, string> {
    if (kind !== 'train' && kind !== 'measure') return {};
    const { XDG_CACHE_HOME, TORCH_HOME, HF_HOME } = process.env;
    const shared = XDG_CACHE_HOME || join(homedir(), '.cache');
    return {
      XDG_CACHE_HOME: join(this.#options.out, CACHE_FOLDER),
      TORCH_HOME: TORCH_HOME || join(shared, 'torch'),
      HF_HOME: HF_HOME || join(shared, 'huggingface'),
    };
  }

  async #start(request: StageRequest, args: readonly string[], niceness: number) {
    const { out, machine, elsewhere, onText } = this.#options;
    const stoodThere = request.kind === 'train' && trainsElsewhere(machine);
    const folder = join(out, roundFolder(request.round), 'logs');
    mkdirSync(folder, { recursive: true });
    const log = createWriteStream(join(folder, `${basename(request.id)}.log`), { flags: 'a' });
    log.on('error', () => {}); // a full disk shows where it matters
    log.write(`$ brickyard ${args.join(' ')}\n`);
    const lines: string[] = [];
    let summary: Record<string, unknown> | undefined;
    const command = startOwnCommand({
      args,
      niceness: niceness > 0 ? niceness : undefined,
      env: {
        [LOOP_MARK]: out,
        ...this.#caches(request),
        ...(stoodThere ? { INIT_CWD: elsewhere.folder } : {}),
      },
      onText: (line) => {
        log.write(`${line}\n`);
        onText(request.id, line);
        lines.push(line);
        if (lines.length > KEPT_LINES) lines.shift();
      },
      onOutput: (line) => {
        summary = parsed(line) ?? summary;
      },
    });
    this.#running.set(request.id, command);
    const meter = command.pid === undefined ? undefined : new CpuMeter(command.pid);
    const idleBefore = coreTimes().idle;
    try {
      const code = await command.finished;
      const spent = { cpuS: meter?.end() ?? null, idleS: coreTimes().idle - idleBefore };
      return { code, summary, lines, spent };
    } finally {
      meter?.end();
      this.#running.delete(request.id);
      log.end();
    }
  }
}

function parsed(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** What it ended with: its last message, of one line or several. */
function lastWords(lines: readonly string[], code: number): string {
  const spoken = lines.filter((line) => line.trim() !== '');
  const from = spoken.findLastIndex((line) => /^(brickyard|error): /.test(line));
  const words = from < 0 ? spoken.slice(-1) : spoken.slice(from);
  return words.length === 0 ? `it ended with exit code ${code}` : withoutPrefix(words.join('\n'));
}

/** Why a run elsewhere brought no policy, and which one: what it did is seen by `train status` and `train logs`. */
function remoteWords(summary: Record<string, unknown> | undefined): string | undefined {
  if (summary?.outcome === undefined) return undefined;
  const { run, outcome, reason, left, faults } = summary as unknown as RemoteSummary;
  const machines = left.map((name) => `${name} was NOT cleaned up and may cost money`);
  return [`run ${run} ${outcome}: ${reason}`, ...machines, ...faults].join('; ');
}

const withoutPrefix = (line: string): string => line.replace(/^(brickyard|error): /, '');

function isDiskFull(folder: string): boolean {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize < FULL_BELOW_BYTES;
}
