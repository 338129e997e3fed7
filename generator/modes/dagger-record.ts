/** What a `--mode dagger` run begins with, and what a resumed one must agree with. Pure. */

import type { AnyTask } from '../../sim/engine/task.ts';
import { DEFAULT_TASK, taskNamed } from '../../sim/engine/task-registry.ts';
import { AIM_DEFAULTS, type AimPool, aimedShares, type Share } from '../aim.ts';
import type { AimReport } from '../aim-report.ts';
import { DAGGER_DEFAULTS } from './dagger.ts';
import type { StudentRecord } from './dagger-student.ts';

export interface DaggerRecord {
  student: StudentRecord;
  beta: number;
  aim?: {
    report: AimReport;
    pool: AimPool;
    /** By scenario: chance of an ordinary start. */
    ordinary: Record<string, number>;
  };
}

/** The scenarios' weights, moved towards where the report has failures. */
export function daggerShares<T extends Share>(shares: readonly T[], { aim }: DaggerRecord): T[] {
  if (!aim) return [...shares];
  const weights = aimedShares(shares, aim.pool);
  return shares.map((share, i) => ({ ...share, weight: weights[i].weight }));
}

/** How a record differs from the one that a run began with, one sentence each. */
export function daggerDifferences(began: DaggerRecord | undefined, now: DaggerRecord): string[] {
  if (!began) return ['no student drove when the run began'];
  const compared = {
    'the policy of --checkpoint': (record: DaggerRecord) => record.student.onnx_sha256.slice(0, 12),
    '--action-steps': ({ student }: DaggerRecord) => student.actionSteps,
    'the coefficient with which chunks are averaged': ({ student }: DaggerRecord) =>
      student.ensemble ?? 'none',
    '--beta': ({ beta }: DaggerRecord) => beta,
    'the results of --from-report': ({ aim }: DaggerRecord) => aim?.report.sha256.slice(0, 12) ?? 'none',
    '--everything-else': ({ aim }: DaggerRecord) => aim?.pool.everythingElse ?? 'none',
    '--label-weights': ({ aim }: DaggerRecord) => JSON.stringify(aim?.pool.labelWeights ?? {}),
  };
  return Object.entries(compared)
    .filter(([, value]) => value(began) !== value(now))
    .map(([name, value]) => `${name} was ${value(began)} when the run began, now ${value(now)}`);
}

/** What metadata.json tells of it. */
export interface DaggerProvenance {
  student: { label: string; onnx_sha256: string; action_steps: number; temporal_ensemble?: number };
  beta: number;
  beta_drawn: string;
  inference: string;
  drive: typeof DAGGER_DEFAULTS;
  handover: NonNullable<AnyTask['handover']>['limits'];
  aim?: Omit<typeof AIM_DEFAULTS, 'everythingElse'> &
    Pick<AimPool, 'everythingElse' | 'labelWeights'> & { report: AimReport };
}

/** No paths, no places of single failures. The task must have been loaded. */
export function daggerProvenance(
  { student, beta, aim }: DaggerRecord,
  taskName: string = DEFAULT_TASK,
): DaggerProvenance {
  const { folder: _, label, onnx_sha256, actionSteps, ensemble } = student;
  const provenance: DaggerProvenance = {
    student: {
      ...{ label, onnx_sha256, action_steps: actionSteps },
      ...(ensemble === undefined ? {} : { temporal_ensemble: ensemble }),
    },
    beta,
    beta_drawn: 'anew at each chunk',
    // The same bits on the same machine and rendering stack, not beyond: sums are of float32.
    inference: 'onnxruntime-node, cpu, float32, one thread',
    drive: DAGGER_DEFAULTS,
    handover: taskNamed(taskName).handover?.limits ?? {},
  };
  if (!aim) return provenance;
  const { everythingElse, labelWeights } = aim.pool;
  return { ...provenance, aim: { ...AIM_DEFAULTS, everythingElse, labelWeights, report: aim.report } };
}
