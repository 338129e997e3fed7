/** Looks at the policy and the report of a `--mode dagger` run before anything is made. */

import type { AnyTask } from '../../sim/engine/task.ts';
import { InputError } from '../../sim/errors.ts';
import { loadTask } from '../../sim/tasks/load-task.ts';
import { aimedShares, type Share } from '../aim.ts';
import { readReport } from '../aim-report.ts';
import type { BackendChoice } from '../settings.ts';
import type { DaggerRequest } from './dagger-options.ts';
import type { DaggerRecord } from './dagger-record.ts';
import { proveStudent, readStudent, type StudentRecord } from './dagger-student.ts';

export interface DaggerPreparation {
  record: DaggerRecord;
  notes: string[];
}

/**
 * Looks at policy and report. Nothing is made.
 * @param shares the selected scenarios
 * @throws InputError where one of them does not fit
 */
export async function prepareDagger(
  request: DaggerRequest,
  shares: readonly (Share & { hash: string })[],
  host: { resolvePath: (path: string) => string; backend: BackendChoice; task: AnyTask },
): Promise<DaggerPreparation> {
  const { beta, aim } = request;
  const student = await readStudent(request, host);
  await loadTask(host.task.name); // which reads the failures that starts are aimed at
  const aimed = aim && readAim(aim, student, shares, host);
  await proveStudent(student, host); // last: it takes a browser
  if (!aimed) return { record: { student, beta }, notes: [] };
  return { record: { student, beta, aim: aimed.aim }, notes: aimed.notes };
}

function readAim(
  { report: path, everythingElse, labelWeights }: NonNullable<DaggerRequest['aim']>,
  student: StudentRecord,
  shares: readonly (Share & { hash: string })[],
  { resolvePath, task }: { resolvePath: (path: string) => string; task: AnyTask },
): { aim: NonNullable<DaggerRecord['aim']>; notes: string[] } {
  const hashes = new Map(shares.map(({ name, hash }) => [name, hash]));
  const { report, failures, elsewhere } = readReport(resolvePath(path), hashes, student.fps);
  if (failures.every(({ label }) => labelWeights[label] === 0))
    throw new InputError(
      `--label-weights: every label of ${path} has the weight 0 (${countsText(report.failures)}); leave one above 0`,
    );
  const pool = { everythingElse, labelWeights, failures };
  const ordinary = Object.fromEntries(aimedShares(shares, pool).map((share) => [share.name, share.ordinary]));
  const notes = [`aimed at ${failures.length} failures (${countsText(report.failures)})`];
  if (!task.aiming)
    notes.push(
      `task ${task.name} has no aiming: more starts of the scenarios that failed, but none near its failures`,
    );
  if (elsewhere > 0) notes.push(`${elsewhere} failures of scenarios that are not selected are left out`);
  if (report.onnx_sha256 !== student.onnx_sha256)
    notes.push('the report is of another policy than --checkpoint');
  return { aim: { report, pool, ordinary }, notes };
}

const countsText = (counts: Record<string, number>): string =>
  Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([label, count]) => `${label} ${count}`)
    .join(', ');
