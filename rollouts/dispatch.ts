/** Hands rollouts to the pool one by one; a crash or a hang is tried once more, then it is an error of its own. */

import { answerOf, type LanePool, runInLanes } from '../runtime/lanes.ts';
import { InputError } from '../sim/errors.ts';
import { loadTask } from '../sim/tasks/load-task.ts';
import { errorResult } from './episode.ts';
import type { RolloutReply, RolloutTask, WorkerTimes } from './messages.ts';
import type { RolloutResult } from './results.ts';

/** First try and one more. */
const TRIES = 2;

export interface DispatchOptions {
  tasks: readonly RolloutTask[];
  pool: LanePool & { run(task: RolloutTask, signal?: AbortSignal): Promise<RolloutReply> };
  /** A rollout that takes longer on the clock hangs. */
  hangS: number;
  /** Aborted when no further rollout is to be begun; those in flight end. */
  stop: AbortSignal;
  onResult(result: RolloutResult, times: WorkerTimes | undefined): void;
  onCrash(task: RolloutTask, message: string): void;
}

/** Resolves when all are done or, after `stop`, when what was in flight is. */
export async function dispatchRollouts(options: DispatchOptions): Promise<void> {
  const { tasks, pool, stop } = options;
  const names = new Set(tasks.map(({ condition }) => condition.start.taskName));
  await Promise.all([...names].map((name) => loadTask(name)));
  await runInLanes(tasks, pool, stop, (task) => finish(task, options));
}

async function finish(task: RolloutTask, options: DispatchOptions): Promise<void> {
  let message = '';
  for (let tries = 0; tries < TRIES; tries++) {
    const answer = await answerOf(options.pool, task, options.hangS);
    const reply = 'reply' in answer ? answer.reply : { fault: answer.ended, kind: 'crash' as const };
    if ('result' in reply) {
      options.onResult(reply.result, reply.times);
      return;
    }
    if (reply.kind === 'bad-input') throw new InputError(reply.fault);
    message = reply.fault;
    options.onCrash(task, message);
  }
  options.onResult(errorResult(task.condition, message), undefined);
}
