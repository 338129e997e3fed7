/**
 * The last step of a run: its files move from OUT/.brickyard into the dataset. All that is to move lies ready, and
 * OUT/.brickyard/publish/plan.json lists it, before the first file moves; each move is one rename. So a run that is
 * killed in the middle is completed from the plan alone, and leaves no temporary files in the dataset.
 *
 * A reader in between gets the dataset as it was: LeRobot takes its length from info.json, which moves last, and
 * leaves alone what lies beyond it.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Disk } from '../runtime/disk.ts';
import { readRegularSync } from '../runtime/regular-file.ts';
import { openSeal, seal } from '../runtime/sealed-json.ts';
import { InputError } from '../sim/errors.ts';
import type { RunProvenance } from './metadata.ts';
import { workFolder } from './staging.ts';

export interface PublishResult {
  /** Of the whole dataset, earlier runs included. */
  episodes: number;
  frames: number;
  fingerprint: string;
  bytes: number;
}

export interface PublishMove {
  /** Relative to OUT/.brickyard. */
  from: string;
  /** Relative to OUT. */
  to: string;
  bytes: number;
  sha256: string;
}

export interface PublishPlan {
  format: 1;
  /** Of the dataset that was there. */
  episodesBefore: number;
  /** Of an earlier run that was lost; relative to OUT, in this order, before anything moves. */
  removals: string[];
  moves: PublishMove[];
  run: RunProvenance;
  result: PublishResult;
}

const PUBLISH = 'publish';
const PLAN_NAME = 'plan.json';
const publishFolder = (out: string): string => join(workFolder(out), PUBLISH);

/** A file that is prepared for its move. */
export interface PreparedFile {
  /** Relative to OUT. */
  to: string;
  contents: Uint8Array | string;
}

/** Writes the prepared files and the plan; they appear together. Their moves follow those of `plan`, in this order. */
export async function writePublishPlan(
  out: string,
  plan: PublishPlan,
  prepared: readonly PreparedFile[],
  disk: Disk,
): Promise<PublishPlan> {
  // Not the name that `discard` moves an earlier plan to.
  const folder = disk.temporaryName(`${publishFolder(out)}-next`);
  await disk.remove(folder);
  const moves = [...plan.moves];
  for (const [i, { to, contents }] of prepared.entries()) {
    const bytes = Buffer.from(contents);
    await disk.writeSynced(join(folder, `${i}`), bytes);
    moves.push({ from: `${PUBLISH}/${i}`, to, bytes: bytes.length, sha256: sha256(bytes) });
  }
  const whole = { ...plan, moves };
  await disk.writeSynced(join(folder, PLAN_NAME), seal(JSON.stringify(whole)));
  await disk.syncFolder(folder);
  await dropPublishPlan(out, disk);
  await disk.move(folder, publishFolder(out));
  return whole;
}

/** What is to be moved, or still to be; null when a run has not come that far, or its plan is damaged. */
export function readPublishPlan(out: string): PublishPlan | null {
  const path = join(publishFolder(out), PLAN_NAME);
  if (!existsSync(path)) return null;
  const opened = openSeal(readRegularSync(path).toString('utf8'));
  return opened.kind === 'intact' ? (JSON.parse(opened.text) as PublishPlan) : null;
}

/** Whether every file of a plan is there, moved or not, as it was written. */
export async function isPlanWhole(out: string, { moves }: PublishPlan): Promise<boolean> {
  for (const move of moves) {
    const from = join(workFolder(out), move.from);
    if (!(await hasSha256(existsSync(from) ? from : join(out, move.to), move.sha256))) return false;
  }
  return true;
}

export async function hasSha256(path: string, expected: string): Promise<boolean> {
  if (!existsSync(path) || !statSync(path).isFile()) return false;
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece as Uint8Array);
  return hash.digest('hex') === expected;
}

/** Moves what has not yet moved, and ends the run: OUT/.brickyard is gone. */
export async function applyPublishPlan(out: string, plan: PublishPlan, disk: Disk): Promise<PublishResult> {
  for (const path of plan.removals) await disk.remove(join(out, path));
  for (const { from, to } of plan.moves) {
    const source = join(workFolder(out), from);
    if (existsSync(source)) await disk.move(source, join(out, to));
    else if (!existsSync(join(out, to)))
      throw new InputError(
        `${join(out, to)} was removed while the run was interrupted; remove ${out} and generate it again`,
      );
  }
  await disk.discard(workFolder(out));
  return plan.result;
}

export async function dropPublishPlan(out: string, disk: Disk): Promise<void> {
  if (existsSync(publishFolder(out))) await disk.discard(publishFolder(out));
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
