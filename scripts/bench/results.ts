/** What the sections of `npm run bench` measure, kept in docs/benchmarks.json from run to run. */

/** One repeated measurement; the report shows the median. */
export type Figures = number[];

export interface SectionResults {
  stages: {
    frames: number;
    simulate: Figures;
    /** Drawing and reading the pixels back. */
    render: Figures;
    /** The same and the conversion to I420. */
    convert: Figures;
    /** The same and H.264: all that the page does. */
    encode: Figures;
    /** Staging and writing the dataset. */
    write: Figures;
  };
  'end-to-end': { episodes: number; frames: number; ceiling: Figures; gen: Figures; wallS: Figures };
  scaling: { episodes: number; frames: number; oneCore: Figures; twoCores: Figures };
  workers: { episodes: number; frames: number; two: Figures; eight: Figures; sameContents: boolean };
  memory: {
    workers: number;
    perWorkerMib: number;
    mainMib: number;
    firstThirdMib: number;
    lastThirdMib: number;
  };
  peer: { frames: number; oneProcess: Figures; twoProcesses: Figures; versions: string };
  fidelity: { report: FidelityReport };
}

/** What trainer/checks/fidelity.py prints; lists are R, G, B, of 255. */
export interface FidelityReport {
  frames: number;
  size: [number, number];
  backend: string;
  mae: number[];
  flat_bias: number[];
  p99: number[];
  upright: boolean;
}

export type SectionName = keyof SectionResults;

export interface Stored<N extends SectionName = SectionName> {
  date: string;
  command: string;
  machine: string;
  result: SectionResults[N];
}

export type BenchFile = { [N in SectionName]?: Stored<N> };

/** The middle of the figures; the mean of the two middle ones when their number is even. */
export function median(figures: Figures): number {
  const sorted = [...figures].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
