/**
 * A thread beside the one that runs the graph: it ends the process when a question takes too long or too much memory,
 * and when nobody waits for the answer any more. It runs while the other thread is deep in native code.
 */
import { Socket } from 'node:net';
import { workerData } from 'node:worker_threads';
import { OVER_LIMIT_SIGNALS, type SessionLimits } from './session-limits.ts';

export interface WatchdogData {
  limits: SessionLimits;
  /** A pipe whose other end is open as long as somebody waits. */
  lifeline: number;
  /** One number: the process's CPU seconds when the question was asked; negative between questions. */
  asked: SharedArrayBuffer;
}

const POLL_MS = 20;
const { limits, lifeline, asked } = workerData as WatchdogData;
const askedAtS = new Float64Array(asked);

const end = (signal: NodeJS.Signals): void => void process.kill(process.pid, signal);
new Socket({ fd: lifeline })
  .on('error', () => end('SIGKILL'))
  .on('close', () => end('SIGKILL'))
  .resume();
setInterval(() => {
  if (process.memoryUsage.rss() > limits.memoryBytes) end(OVER_LIMIT_SIGNALS.memory);
  const { user, system } = process.cpuUsage();
  const isAsked = askedAtS[0] >= 0;
  if (isAsked && (user + system) / 1e6 - askedAtS[0] > limits.cpuS) end(OVER_LIMIT_SIGNALS.cpu);
}, POLL_MS);
