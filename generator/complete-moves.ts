/** A run that was killed while its files moved into the dataset is completed by whichever command comes next. */

import { readPublishPlan } from '../dataset/publish-plan.ts';
import { workFolder } from '../dataset/staging.ts';
import { finishPublish } from '../dataset/writer.ts';
import { takeRunLock } from '../runtime/run-lock.ts';

/**
 * Completes such a run in `out`; it needs nothing but its plan. Returns whether there was one.
 * @throws InputError when a living process has the folder
 */
export async function completeMoves(out: string): Promise<boolean> {
  if (!readPublishPlan(out)) return false;
  const release = takeRunLock(workFolder(out), out);
  try {
    return (await finishPublish(out)) !== null;
  } finally {
    release();
  }
}
