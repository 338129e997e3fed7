/**
 * Rolls checkpoints out while their training goes on: one at a time, niced, with as many workers as cores lie idle. The
 * newest is next; older ones wait, keep their place on the disk by a link in checkpoints/ and are rolled out when nothing
 * newer waits, at the latest after the training. None is dropped: which ones have a rate does not depend on how fast
 * the machine is.
 */
import { existsSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  bestBySuccess,
  readSuccess,
  recordSuccess,
  rolloutFolder,
  selectionFolder,
} from '../../policy/checkpoint-success.ts';
import { POLICY_FILE } from '../../policy/contract.ts';
import { coreTimes, idleShare } from '../../runtime/idle-cores.ts';
import type { ProcessEnd, RunningProcess } from '../../runtime/own-process.ts';
import { MAX_WORKERS } from '../../runtime/worker-pool.ts';
import { dueCheckpoints, type EvaluationPlan, writePlan } from './evaluation-plan.ts';
import { checkpointNames } from './run-folder.ts';

/** Of a rollout beside a training. */
const NICENESS = 10;
/** A rollout that hardly gets a core hangs no sooner than this. */
const HANG_S = 3600;
const IDLE_SAMPLE_MS = 1000;
/** Of why a rollout failed. */
const SHOWN_CHARACTERS = 300;
const LINK = 'rollout-';

/** A rollout of one checkpoint; what is done in `out` already is taken as it is. */
export interface CheckpointRollout {
  options: {
    /** Its policy folder. */
    checkpoints: [string];
    conditions: { suite: string };
    seed: number;
    /** Absolute. */
    out: string;
    resume: true;
    report: false;
    workers: number;
    hangS: number;
  };
  niceness?: number;
  onText(line: string): void;
}

/** Rollouts that crashed are counted. */
export interface RolledOut {
  episodes: number;
  successes: number;
  errors: number;
  wilson: [low: number, high: number];
  suite_hash: string;
}

/** Rolls out as a process of its own. What does it is for others to know: see cli.ts. */
export type StartRollout = (rollout: CheckpointRollout) => RunningProcess<RolledOut[]>;

export interface CheckpointRolloutsOptions {
  /** Absolute. */
  run: string;
  plan: EvaluationPlan;
  say(line: string): void;
  startRollout: StartRollout;
  /** Another one in tests. */
  countIdleCores?(): Promise<number>;
}

export class CheckpointRollouts {
  readonly #options: CheckpointRolloutsOptions;
  /** Whose policy may be rolled out. */
  readonly #ready = new Set<string>();
  /** Beside the training: it may have had too little of a core, so that they are tried again after it. */
  readonly #postponed = new Set<string>();
  readonly #failed = new Set<string>();
  #last: string | undefined;
  #running: RunningProcess<RolledOut[]> | undefined;
  #work: Promise<void> | undefined;
  #isStopped = false;
  /** What could not be rolled out and why, a line each. */
  readonly faults: string[] = [];

  /** Goes on with what a former process left: what was exported while nobody listened counts too. */
  constructor(options: CheckpointRolloutsOptions) {
    this.#options = options;
    const { run, plan } = options;
    const known = new Set(plan.exported);
    const found = checkpointNames(run).filter((name) => this.#isExported(name));
    plan.exported.push(...found.filter((name) => !known.has(name)));
    for (const name of found) this.#ready.add(name);
    writePlan(run, plan);
    this.#linkWaiting();
    this.#goOn();
  }

  /** Its policy is not tried yet; it may not be removed from now on. */
  exported(name: string): void {
    const { run, plan } = this.#options;
    if (!plan.exported.includes(name)) plan.exported.push(name);
    writePlan(run, plan);
    this.#linkWaiting();
  }

  verified(name: string): void {
    this.#ready.add(name);
    this.#goOn();
  }

  /** Rollouts get all cores from now on. @param last its last checkpoint, which is due whatever its number */
  trainingEnded(last: string | undefined): void {
    this.#last = last ?? '';
    this.#postponed.clear();
    this.#linkWaiting();
    this.#goOn();
  }

  /** Names that are still to be rolled out, the next one last. */
  waiting(): string[] {
    const { run, plan } = this.#options;
    const done = readSuccess(run);
    return dueCheckpoints(plan, this.#last)
      .filter((name) => done[name]?.suite_hash !== plan.suite_hash && !this.#failed.has(name))
      .filter((name) => existsSync(join(run, 'checkpoints', name)))
      .sort((a, b) => Number(a) - Number(b));
  }

  /** Resolves when nothing is rolled out any more. */
  async idle(): Promise<void> {
    await this.#work;
  }

  /** Episodes in flight end, no other begins; what is done is kept. */
  stop(): void {
    this.#isStopped = true;
    this.#running?.interrupt('SIGTERM');
  }

  kill(): void {
    this.#isStopped = true;
    this.#running?.kill();
  }

  #goOn(): void {
    this.#work ??= this.#rollOutAll().finally(() => {
      this.#work = undefined;
      if (!this.#isStopped && this.#next() !== undefined) this.#goOn();
    });
  }

  #next(): string | undefined {
    const isNow = (name: string) => this.#ready.has(name) && !this.#postponed.has(name);
    return this.waiting().findLast(isNow);
  }

  async #rollOutAll(): Promise<void> {
    for (let name = this.#next(); name !== undefined && !this.#isStopped; name = this.#next()) {
      try {
        await this.#rollOut(name);
      } catch (error) {
        this.#fail(name, (error as Error).message);
      }
    }
  }

  async #rollOut(name: string): Promise<void> {
    const { run, plan, startRollout, countIdleCores = idleCores } = this.#options;
    const beside = this.#last === undefined;
    const workers = beside ? await countIdleCores() : availableParallelism();
    if (this.#isStopped) return;
    const out = rolloutFolder(selectionFolder(run, plan.suite), plan.seed, name);
    this.#running = startRollout({
      options: {
        checkpoints: [join(run, 'checkpoints', name, 'policy')],
        ...{ conditions: { suite: plan.suite }, seed: plan.seed, out, resume: true, report: false },
        ...{ workers: Math.min(workers, MAX_WORKERS), hangS: HANG_S },
      },
      niceness: beside ? NICENESS : undefined,
      onText: () => {},
    });
    const end: ProcessEnd<RolledOut[]> = await this.#running.ended;
    this.#running = undefined;
    if (end.kind === 'done') this.#record(name, end.result[0]);
    else if (!this.#isStopped) this.#fail(name, end.failure.message);
  }

  #record(name: string, { episodes, successes, errors, wilson, suite_hash }: RolledOut): void {
    const { run, plan, say } = this.#options;
    const { suite, seed } = plan;
    if (suite_hash !== plan.suite_hash) throw new Error(`the suite ${suite} was changed during the training`);
    const row = { episodes, successes, errors, wilson, suite, seed, suite_hash };
    const all = recordSuccess(run, { [name]: row });
    this.#linkWaiting();
    const best = successes > 0 && bestBySuccess(run, all) === name ? ', the best so far' : '';
    const failed = errors > 0 ? `, ${errors} ended in an error` : '';
    const [rate, low, high] = [successes / episodes, ...wilson].map((share) => (100 * share).toFixed(1));
    say(
      `step ${Number(name).toLocaleString('en')}: ${successes} of ${episodes} succeed (${rate} %, 95 % interval ${low} to ${high} %)${failed}${best}`,
    );
  }

  #fail(name: string, why: string): void {
    const fault = `the policy of step ${Number(name)} was not rolled out: ${why.slice(0, SHOWN_CHARACTERS)}`;
    if (this.#last === undefined) {
      this.#postponed.add(name);
      this.#options.say(`${fault}; it is tried again after the training`);
      return;
    }
    this.#failed.add(name);
    this.#linkWaiting();
    this.faults.push(fault);
    this.#options.say(fault);
  }

  #isExported(name: string): boolean {
    return existsSync(join(this.#options.run, 'checkpoints', name, 'policy', POLICY_FILE));
  }

  /** The trainer's retention keeps what a link names: exactly those that wait have one. */
  #linkWaiting(): void {
    const folder = join(this.#options.run, 'checkpoints');
    const wanted = new Set(this.waiting().map((name) => `${LINK}${name}`));
    for (const entry of existsSync(folder) ? readdirSync(folder) : [])
      if (entry.startsWith(LINK) && !wanted.delete(entry)) rmSync(join(folder, entry), { force: true });
    for (const link of wanted) symlinkSync(link.slice(LINK.length), join(folder, link));
  }
}

/** At least one. */
async function idleCores(): Promise<number> {
  const from = coreTimes();
  await sleep(IDLE_SAMPLE_MS);
  return Math.max(1, Math.round(idleShare(from, coreTimes()) * availableParallelism() - 0.25));
}
