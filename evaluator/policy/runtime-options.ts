/** How graphs are run, wherever they are. */
import type { InferenceSession } from 'onnxruntime-node';

/**
 * One thread: a rollout worker is one core's, and a sum in one order gives the same bits with 1 worker and with 8.
 */
export const SESSION_OPTIONS = {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  logSeverityLevel: 3,
} as const satisfies InferenceSession.SessionOptions;
