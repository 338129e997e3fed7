/**
 * What a policy's graph may use. A graph is a program: a loop of 2^60 turns is a few bytes, and neither a thread nor the
 * runtime can be stopped within one. So it runs in a process of its own, which is killed over these limits. They grow
 * with the weights and the pictures, as a network's work does, and are an order of magnitude above what one needs (ACT
 * with 52 million weights at 96x96: 0.1 s and 700 MB).
 */
import type { PolicyContract } from './contract.ts';

export interface SessionLimits {
  /** Of one question, or of the graph's preparation. */
  cpuS: number;
  /** Resident, of the process. */
  memoryBytes: number;
}

const LEAST_CPU_S = 3;
const MOST_CPU_S = 300;
/** Bytes of weights times pixels that a slow core takes a second for, with all that it does beside multiplying. */
const WORK_PER_S = 4e9;
/** Node and the runtime before any graph take 120 MB. */
const BASE_BYTES = 512e6;
/** Weights as they are in the file, as they are run, and what optimising them takes. */
const COPIES_OF_WEIGHTS = 5;
/** Feature maps. */
const BYTES_PER_PIXEL = 512;

export function sessionLimits({ inputs, onnx }: Pick<PolicyContract, 'inputs' | 'onnx'>): SessionLimits {
  const pixels = inputs.images.reduce((sum, { shape }) => sum + shape[0] * shape[1], 0);
  return {
    cpuS: Math.min(MOST_CPU_S, LEAST_CPU_S + (onnx.bytes * pixels) / WORK_PER_S),
    memoryBytes: BASE_BYTES + COPIES_OF_WEIGHTS * onnx.bytes + BYTES_PER_PIXEL * pixels,
  };
}

/** How the process ends itself; both end a process without a core dump. */
export const OVER_LIMIT_SIGNALS = { cpu: 'SIGVTALRM', memory: 'SIGUSR2' } as const;
