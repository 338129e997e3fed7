/** What a session and the process that runs its graph tell each other. */
import type { InferenceSession } from 'onnxruntime-node';

/** Pipes of this process beside its standard ones and the messages. */
export const GRAPH_PIPE = 4;
export const LIFELINE_PIPE = 5;

export interface Question {
  id: number;
  /** By input: numbers and sizes. */
  feeds: Record<string, { data: Uint8Array | Float32Array; dims: number[] }>;
  output: string;
  /** The answer's sizes; another answer is an error. */
  dims: number[];
}

export type Reply =
  | { kind: 'opened'; inputs: Metadata; outputs: Metadata }
  | { kind: 'answer'; id: number; data: Float32Array; wallS: number; cpuS: number }
  /** `id` of the question; null: the graph cannot be opened. */
  | { kind: 'error'; id: number | null; message: string };
export type Metadata = readonly InferenceSession.ValueMetadata[];
