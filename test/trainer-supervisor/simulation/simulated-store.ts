/** Storage as publishers write it, request by request, so that a machine can vanish between any two of them. */
import type { PublishedCheckpoint } from '../../../trainer/launch/remote/ports.ts';

interface Folder {
  step: number;
  hasFiles: boolean;
  hasManifest: boolean;
}

/** Planted bugs of a publisher. */
export type PublisherBug =
  | 'manifest-first'
  | 'delete-before-upload'
  | 'files-deleted-first'
  | 'best-not-kept'
  | null;

const KEPT = 3;
const STALE_MS = 60_000;

export class SimulatedStore {
  readonly #folders = new Map<number, Folder>();
  readonly #violate: (text: string) => void;
  readonly #bug: PublisherBug;
  readonly #nowMs: () => number;
  #changedAtMs = 0;
  #hadOne = false;
  /** Of the newest list but one; stale lists show it. */
  #before: PublishedCheckpoint[] = [];

  constructor(nowMs: () => number, violate: (text: string) => void, bug: PublisherBug) {
    this.#nowMs = nowMs;
    this.#violate = violate;
    this.#bug = bug;
  }

  list(): PublishedCheckpoint[] {
    return [...this.#folders.values()]
      .filter(({ hasManifest }) => hasManifest)
      .sort((a, b) => a.step - b.step)
      .map(({ step }) => ({ step, bytes: 1, sha256: String(step), validationLoss: lossAt(step) }));
  }

  /** As a store without strong consistency answers for a while. */
  staleList(nowMs: number): PublishedCheckpoint[] {
    return nowMs - this.#changedAtMs < STALE_MS ? this.#before : this.list();
  }

  newestWhole(): number | null {
    const whole = [...this.#folders.values()].filter(isWhole).map(({ step }) => step);
    return whole.length === 0 ? null : Math.max(...whole);
  }

  /** A host reads a checkpoint to go on from. */
  read(step: number): void {
    const folder = this.#folders.get(step);
    if (folder === undefined || !isWhole(folder)) this.#violate(`the partial checkpoint ${step} was read`);
  }

  /** One publishing, a request at a time; whoever drives it may stop anywhere. */
  *publishing(step: number): Generator<'files' | 'request'> {
    if (this.#folders.get(step)?.hasManifest) return;
    if (this.#bug === 'delete-before-upload') for (const old of this.list()) yield* this.#deleting(old.step);
    const folder: Folder = { step, hasFiles: false, hasManifest: false };
    this.#folders.set(step, folder);
    if (this.#bug === 'manifest-first') {
      folder.hasManifest = true;
      yield 'request';
    }
    yield 'files';
    this.#before = this.list();
    this.#changedAtMs = this.#nowMs();
    folder.hasFiles = true;
    yield 'request';
    folder.hasManifest = true;
    this.#check();
    yield* this.#retaining();
  }

  *#retaining(): Generator<'request'> {
    const listed = this.list();
    const best = listed.reduce((a, b) => (b.validationLoss! < a.validationLoss! ? b : a), listed[0]);
    const kept = new Set(listed.slice(-KEPT).map(({ step }) => step));
    if (this.#bug !== 'best-not-kept') kept.add(best.step);
    for (const { step } of listed) if (!kept.has(step)) yield* this.#deleting(step);
    const isBestThere = this.list().some(({ step }) => step === best.step);
    if (!isBestThere) this.#violate(`the best checkpoint ${best.step} was deleted`);
    if (this.list().length > KEPT + 2) this.#violate(`${this.list().length} checkpoints are kept`);
  }

  *#deleting(step: number): Generator<'request'> {
    const folder = this.#folders.get(step)!;
    if (this.#bug === 'files-deleted-first') folder.hasFiles = false;
    else folder.hasManifest = false;
    this.#check();
    if (folder.hasManifest && !folder.hasFiles)
      this.#violate(`checkpoint ${step} has a manifest and is not whole`);
    yield 'request';
    this.#folders.delete(step);
    this.#check();
    yield 'request';
  }

  #check(): void {
    if (this.newestWhole() !== null) this.#hadOne = true;
    else if (this.#hadOne) this.#violate('no checkpoint is left to resume from');
  }
}

const isWhole = ({ hasFiles, hasManifest }: Folder): boolean => hasFiles && hasManifest;

/** Falls, then rises: the best is not the last. */
const lossAt = (step: number): number => Math.abs(step - 3100) / 1000;
