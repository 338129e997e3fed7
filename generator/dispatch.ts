/** Hands jobs to the pool until every one has a kept episode, and writes down what comes back. */

import { answerOf, type LanePool, runInLanes } from '../runtime/lanes.ts';
import type { Job } from '../scenarios/plan.ts';
import { InputError, NegativeResult } from '../sim/errors.ts';
import { type Journal, replyLine } from './journal.ts';
import type { EpisodeReply, EpisodeTask, TaskFault, TaskReply } from './messages.ts';
import { judgeSlot, judgeYield } from './yield.ts';

/** Attempts a worker makes before it answers, so that a hopeless scenario is noticed soon. */
const ATTEMPTS_A_TASK = 10;
/** A job that loses its browser or worker this often is given up: something in it kills them. */
const MAX_CRASHES_A_JOB = 3;
/** Without --verify, one job in this many is replayed. */
export const VERIFY_EVERY = 20;

export interface DispatchOptions {
  /** Jobs still to do, in plan order. */
  jobs: readonly Job[];
  journal: Journal;
  pool: LanePool & { run(task: EpisodeTask): Promise<TaskReply> };
  /** Replay every episode. */
  verifyAll: boolean;
  /** Aborted when no further job is to be begun; those in flight end. */
  stop: AbortSignal;
  onKept(reply: EpisodeReply): Promise<void>;
  onCrash(job: Job, message: string): void;
}

/** Resolves when all jobs are done or, after `stop`, when what was in flight is. Throws what makes going on useless. */
export async function dispatchJobs(options: DispatchOptions): Promise<void> {
  const { jobs, pool, stop } = options;
  await runInLanes(jobs, pool, stop, (job) => finishJob(job, options));
}

async function finishJob(job: Job, options: DispatchOptions): Promise<void> {
  const { journal, pool, stop, verifyAll } = options;
  const verify = verifyAll || job.index % VERIFY_EVERY === 0;
  let crashes = 0;
  while (!stop.aborted) {
    const firstAttempt = journal.state.nextAttempt.get(job.index) ?? 0;
    const reply = await runTask(pool, { job, firstAttempt, maxAttempts: ATTEMPTS_A_TASK, verify });
    if ('fault' in reply) {
      crashes++;
      if (reply.fault.kind !== 'renderer-crash' || crashes >= MAX_CRASHES_A_JOB)
        throw faultError(job, reply.fault, crashes);
      options.onCrash(job, reply.fault.message);
      continue;
    }
    noteStack(journal, reply);
    journal.append(replyLine({ ...reply, nextAttempt: firstAttempt + reply.failures.length }));
    if (reply.kept) await options.onKept(reply);
    const kept = [...journal.state.kept.values()].filter(
      (episode) => episode.scenario === job.scenario,
    ).length;
    const failures = [...journal.state.failed.values()];
    const verdict = judgeYield(job.scenario, kept, failures) ?? judgeSlot(job, failures);
    if (verdict) throw new NegativeResult(verdict);
    if (reply.kept) return;
  }
}

/** A worker thread that ends counts like a browser that ends. */
async function runTask(pool: DispatchOptions['pool'], task: EpisodeTask): Promise<TaskReply> {
  const answer = await answerOf(pool, task);
  if ('reply' in answer) return answer.reply;
  const { ended: message, stack } = answer;
  return { job: task.job, fault: { kind: 'renderer-crash', message, stack } };
}

function faultError(job: Job, fault: TaskFault, crashes: number): Error {
  const cause = Object.assign(new Error(fault.message), { stack: fault.stack });
  const name = `episode ${job.index} (${job.scenario}, slot ${job.slot})`;
  switch (fault.kind) {
    case 'bad-input':
      return new InputError(fault.message, { cause });
    case 'disk-full':
      return new NegativeResult(
        `the disk is full at ${name} (${fault.message}); everything kept so far is safe: free some space and run again with --resume`,
        { cause },
      );
    case 'renderer-crash':
      return new NegativeResult(
        `${name} lost its worker or browser ${crashes} times, last: ${fault.message}; everything kept so far is safe: see \`brickyard doctor\`, then run again with --resume`,
        { cause },
      );
    case 'bug':
      return new Error(`${name}: ${fault.message}`, { cause });
  }
}

/** All pictures of a run come from one rendering stack. */
function noteStack(journal: Journal, { stack }: EpisodeReply): void {
  if (!stack) return;
  const began = journal.state.stack;
  if (!began) journal.append({ type: 'stack', stack });
  else if (JSON.stringify(began) !== JSON.stringify(stack))
    throw new InputError(
      `the run was drawn by ${began.backend} (${began.glRenderer}, ${began.browser}), now ${stack.backend} (${stack.glRenderer}, ${stack.browser}) answers; pixels would differ: resume where it began, or start anew in another --out`,
    );
}
