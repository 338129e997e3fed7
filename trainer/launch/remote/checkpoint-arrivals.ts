/**
 * Brings each checkpoint home as storage has it whole, as RUN/checkpoints/NNNNNN of a run folder like any other, exports
 * it and hands it to the rollouts. One at a time, the newest first; one that storage has dropped meanwhile is dropped.
 */
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { POLICY_FILE } from '../../../policy/contract.ts';
import { replaceLink } from '../../../runtime/disk.ts';
import { readJsonSync } from '../../../runtime/regular-file.ts';
import { checkpointNames } from '../run-folder.ts';
import { type PublishedCheckpoint, StoreError } from './ports.ts';

/** Stay here beside those that a link names: the best by loss and by success, and those that wait for a rollout. */
const KEPT = 3;
/** What the host puts into a published checkpoint beside the checkpoint (trainer/brickyard_trainer/remote/starting_point.py). */
const RUN_PART = 'run';
const PLACE = 'place.json';

export interface NamedCheckpoint extends PublishedCheckpoint {
  /** In storage. */
  name: string;
}

export interface ArrivalsOptions {
  store: {
    checkpoints(): Promise<NamedCheckpoint[]>;
    /** @returns the folder that holds it afterwards */
    fetch(name: string, into: string): Promise<string>;
  };
  /** Run folder here, absolute. */
  run: string;
  /** On the same disk. */
  temporary: string;
  /** Writes `policy`, a folder that does not exist yet; left out, nothing is exported. */
  exportPolicy?(checkpoint: string, policy: string): Promise<void>;
  /** A policy of RUN/checkpoints/NAME is there. */
  onPolicy(name: string): void;
  say(line: string): void;
}

export class CheckpointArrivals {
  readonly #options: ArrivalsOptions;
  readonly #waiting = new Map<number, PublishedCheckpoint>();
  /** Steps that are here, or cannot be had. */
  readonly #done = new Set<number>();
  #work: Promise<void> | undefined;
  #isStopped = false;
  /** What could not be brought or exported and why, a line each. */
  readonly faults: string[] = [];

  constructor(options: ArrivalsOptions) {
    this.#options = options;
  }

  arrived(checkpoint: PublishedCheckpoint): void {
    if (this.#isStopped || this.#done.has(checkpoint.step)) return;
    this.#waiting.set(checkpoint.step, checkpoint);
    this.#work ??= this.#bringAll().finally(() => {
      this.#work = undefined;
    });
  }

  /** Of the newest that is here, after `idle`; for runs of which only the last becomes a policy. */
  async exportNewest(exportPolicy: (checkpoint: string, policy: string) => Promise<void>): Promise<void> {
    const { run, onPolicy } = this.#options;
    const name = checkpointNames(run).findLast((one) => isWhole(join(run, 'checkpoints', one)));
    if (name === undefined || this.#isStopped) return;
    const folder = join(run, 'checkpoints', name);
    try {
      if (!existsSync(join(folder, 'policy', POLICY_FILE)))
        await exportPolicy(folder, join(folder, 'policy'));
      if (existsSync(join(folder, 'policy', POLICY_FILE))) onPolicy(name);
    } catch (error) {
      this.faults.push(`the checkpoint of step ${Number(name)}: ${(error as Error).message}`);
    }
  }

  /** Resolves when none waits. */
  async idle(): Promise<void> {
    while (this.#work) await this.#work;
  }

  /** What is under way ends, nothing else begins; a later supervisor goes on. */
  stop(): void {
    this.#isStopped = true;
    this.#waiting.clear();
  }

  async #bringAll(): Promise<void> {
    while (this.#waiting.size > 0) {
      const step = Math.max(...this.#waiting.keys());
      this.#waiting.delete(step);
      this.#done.add(step);
      try {
        await this.#bring(step);
      } catch (error) {
        if (this.#isStopped) return;
        // The trainer's retention was faster than we.
        if (error instanceof StoreError && error.fault === 'not-found') continue;
        const fault = `the checkpoint of step ${step.toLocaleString('en')}: ${(error as Error).message}`;
        this.faults.push(fault);
        this.#options.say(fault);
      }
    }
  }

  async #bring(step: number): Promise<void> {
    const { store, run, temporary, say } = this.#options;
    const found = (await store.checkpoints()).find((checkpoint) => checkpoint.step === step);
    if (!found) return;
    const here = homeOf(run, step);
    let folder = here;
    if (here === undefined || !isWhole(here)) {
      mkdirSync(temporary, { recursive: true });
      folder = place(await store.fetch(found.name, temporary), run, step);
      say(`step ${step.toLocaleString('en')} is here: ${folder}`);
    }
    linkLastAndBest(run, await store.checkpoints());
    await this.#export(step, folder!);
    removeOld(run);
  }

  async #export(step: number, folder: string): Promise<void> {
    const { exportPolicy, onPolicy } = this.#options;
    const policy = join(folder, 'policy');
    if (!existsSync(join(policy, POLICY_FILE))) {
      if (!exportPolicy || this.#isStopped) return;
      rmSync(policy, { recursive: true, force: true });
      await exportPolicy(folder, policy);
    }
    if (!existsSync(join(policy, POLICY_FILE))) return;
    onPolicy(nameOf(step, folder));
  }
}

/** Moves what was fetched to where train.py would have written it. @returns its folder */
function place(fetched: string, run: string, step: number): string {
  const extra = join(fetched, RUN_PART);
  const name = placeOf(extra) ?? String(step).padStart(6, '0');
  const folder = join(run, 'checkpoints', name);
  mkdirSync(join(run, 'checkpoints'), { recursive: true });
  for (const file of existsSync(extra) ? readdirSync(extra) : [])
    if (file !== PLACE && /^[\w.-]+$/.test(file)) copyFileSync(join(extra, file), join(run, file));
  rmSync(extra, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true }); // without weights: of the outputs that were fetched before
  renameSync(fetched, folder);
  return folder;
}

function placeOf(extra: string): string | undefined {
  const path = join(extra, PLACE);
  if (!existsSync(path)) return undefined;
  const { name } = readJsonSync(path) as { name?: unknown };
  return typeof name === 'string' && /^\d{1,12}$/.test(name) ? name : undefined;
}

/** Where a checkpoint of that step lies here, whatever is missing in it. */
function homeOf(run: string, step: number): string | undefined {
  const name = checkpointNames(run).find((one) => Number(one) === step);
  return name === undefined ? undefined : join(run, 'checkpoints', name);
}

function isWhole(folder: string): boolean {
  return existsSync(join(folder, 'pretrained_model', 'config.json'));
}

const nameOf = (step: number, folder: string): string => folder.split('/').at(-1) ?? String(step);

function linkLastAndBest(run: string, stored: readonly NamedCheckpoint[]): void {
  const names = checkpointNames(run).filter((name) => isWhole(join(run, 'checkpoints', name)));
  if (names.length === 0) return;
  setLink(run, 'last', names.at(-1)!);
  const rated = stored.filter(({ validationLoss }) => validationLoss !== null);
  const best = rated.reduce<NamedCheckpoint | undefined>(
    (found, one) => (found && found.validationLoss! <= one.validationLoss! ? found : one),
    undefined,
  );
  const name = names.find((one) => Number(one) === best?.step);
  if (name !== undefined) setLink(run, 'best', name);
}

function setLink(run: string, link: string, name: string): void {
  const path = join(run, 'checkpoints', link);
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() && readlinkSync(path) === name) return;
  replaceLink(path, name);
}

function removeOld(run: string): void {
  const folder = join(run, 'checkpoints');
  const linked = readdirSync(folder)
    .filter((name) => lstatSync(join(folder, name)).isSymbolicLink())
    .map((name) => readlinkSync(join(folder, name)));
  const whole = checkpointNames(run).filter((name) => isWhole(join(folder, name)));
  for (const name of whole.slice(0, -KEPT))
    if (!linked.includes(name)) rmSync(join(folder, name), { recursive: true, force: true });
}
