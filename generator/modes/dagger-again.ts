/** `gen --mode dagger --attempt`: one attempt by itself, its student driving as in the run; nothing is written. */

import { RenderSession } from '../../render/render-session.ts';
import { resolveSelection } from '../../scenarios/registry.ts';
import { loadTask } from '../../sim/tasks/load-task.ts';
import { type AttemptReport, attemptNamed } from '../attempt-again.ts';
import type { BackendChoice, ContentSettings } from '../settings.ts';
import { attemptDagger, type DaggerOutcome } from './dagger-attempt.ts';
import type { DaggerRecord } from './dagger-record.ts';
import { type OpenedStudent, openStudent } from './dagger-student.ts';

/** @throws InputError when there is no such attempt */
export async function daggerAgain(
  name: string,
  settings: ContentSettings & { backend: BackendChoice },
  dagger: DaggerRecord,
  cwd: string,
): Promise<AttemptReport> {
  const which = attemptNamed(name, resolveSelection(settings.scenarios, cwd), settings.scenarios);
  const { scenario, slot, attempt } = which;
  const { seed, fps, state, backend } = settings;
  await loadTask(scenario.task_name);
  const browser = new RenderSession({ backend, onOpened: () => {}, onClosed: () => {} });
  let opened: OpenedStudent | undefined;
  try {
    const { student: record, beta, aim } = dagger;
    opened = await openStudent(record, browser);
    const outcome = await attemptDagger({
      ...{ scenario, slot, attempt, seed, fps, state },
      ...{ student: opened.next(), studentHash: record.onnx_sha256, beta },
      ...{ aim: aim?.pool, ordinary: aim?.ordinary },
    });
    return { scenario: scenario.name, slot, attempt, kind: 'dagger', ...ending(outcome) };
  } finally {
    await Promise.all([opened?.close(), browser.close()]);
  }
}

function ending(
  outcome: DaggerOutcome,
): Pick<AttemptReport, 'outcome' | 'detail' | 'frames' | 'final_state_hash'> {
  if ('failure' in outcome) {
    const { reason, detail } = outcome.failure;
    return { outcome: reason, detail, frames: null, final_state_hash: null };
  }
  const { kept, dagger } = outcome;
  const detail = `after a student's ${dagger.handover} hand-over`;
  return { outcome: 'success', detail, frames: kept.frames, final_state_hash: kept.finalStateHash };
}
