/** What a `--mode dagger` run begins with, and what a resumed one must agree with. Pure. */
import { AIM_DEFAULTS, type AimPool, aimedShares, type Share } from '../aim.ts';
import type { AimReport } from '../aim-report.ts';
import { DAGGER_DEFAULTS } from './dagger.ts';
import { HANDOVER_DEFAULTS } from './dagger-handover.ts';
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
    '--beta': ({ beta }: DaggerRecord) => beta,
    'the results of --from-report': ({ aim }: DaggerRecord) => aim?.report.sha256.slice(0, 12) ?? 'none',
    '--everything-else': ({ aim }: DaggerRecord) => aim?.pool.everythingElse ?? 'none',
    '--label-weights': ({ aim }: DaggerRecord) => JSON.stringify(aim?.pool.labelWeights ?? {}),
  };
  return Object.entries(compared)
    .filter(([, value]) => value(began) !== value(now))
    .map(([name, value]) => `${name} was ${value(began)} when the run began, now ${value(now)}`);
}

/** For metadata.json: no paths, no places of single failures. */
export function daggerProvenance({ student, beta, aim }: DaggerRecord): Record<string, unknown> {
  const { folder: _, label, onnx_sha256, actionSteps } = student;
  return {
    student: { label, onnx_sha256, action_steps: actionSteps },
    beta,
    beta_drawn: 'anew at each chunk',
    /** Sums in float32, in one thread: the same bits on the same machine and rendering stack, not beyond. */
    inference: 'onnxruntime-node, cpu, float32, one thread',
    drive: DAGGER_DEFAULTS,
    handover: HANDOVER_DEFAULTS,
    ...(aim
      ? {
          aim: {
            ...AIM_DEFAULTS,
            everythingElse: aim.pool.everythingElse,
            labelWeights: aim.pool.labelWeights,
            report: aim.report,
          },
        }
      : {}),
  };
}
