/**
 * The runtime of policies, without its telemetry: left to itself onnxruntime 1.30 keeps a device id, leaves a log
 * mat-debug-PID.log in the temporary directory and can send usage data to its makers. The variable must be set before
 * the library is loaded.
 */
import type { InferenceSession as Session } from 'onnxruntime-node';

process.env.ORT_DISABLE_TELEMETRY = '1';
export const { InferenceSession, Tensor } = await import('onnxruntime-node');

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
} as const satisfies Session.SessionOptions;
