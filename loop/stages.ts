/** The stages of a loop: what is asked of each, and what is known once it is done. */
import { z } from 'zod';

const whole = z.number().int();
const path = z.string();
const common = { id: z.string(), round: whole };

/** All paths are relative to the loop's folder. */
export const requestSchema = z.discriminatedUnion('kind', [
  /** How long a step of training takes here, before a budget is spent on it. */
  z.strictObject({ kind: z.literal('measure'), ...common, dataset: path, steps: whole }),
  /** Episodes that depend on no policy. */
  z.strictObject({ kind: z.literal('fresh'), ...common, out: path, episodes: whole, seed: whole }),
  /** Rollouts whose failures aim the next round's corrections; fresh conditions each time. */
  z.strictObject({ kind: z.literal('aim'), ...common, out: path, policy: path, seed: whole }),
  /** The policy drives around its failures, the expert says what it should have done. */
  z.strictObject({
    ...{ kind: z.literal('corrections'), ...common, out: path, episodes: whole, seed: whole },
    policy: path,
    /** Whose failures it aims at; null where there were none. */
    report: path.nullable(),
  }),
  z.strictObject({
    ...{ kind: z.literal('merge'), ...common, out: path, parts: z.array(path) },
    /** How often a frame of each part counts in training; once when left out. */
    weights: z.array(z.number()).optional(),
  }),
  z.strictObject({
    ...{ kind: z.literal('train'), ...common, out: path, dataset: path, steps: whole, seed: whole },
    attempt: whole,
    lr: z.number(),
    /** A run folder of the loop, or another's checkpoint, absolute; null from scratch. */
    initFrom: path.nullable(),
  }),
  /** Rollouts on the held-out conditions, the same for every round: they choose the best and aim nothing. */
  z.strictObject({ kind: z.literal('judge'), ...common, out: path, policy: path, seed: whole }),
  /** The best one on conditions that had no part in choosing it. */
  z.strictObject({ kind: z.literal('confirm'), ...common, out: path, policy: path, seed: whole }),
]);
export type StageRequest = z.infer<typeof requestSchema>;
export type StageKind = StageRequest['kind'];
export type RequestOf<K extends StageKind> = Extract<StageRequest, { kind: K }>;

const counts = z.strictObject({ episodes: whole, frames: whole });
const dataFacts = counts.extend({
  /** Of our datasets: who drove, in which scenario. */
  by: z.array(z.strictObject({ source: z.string(), scenario: z.string(), episodes: whole, frames: whole })),
  fingerprint: z.string().nullable(),
});
const rolloutFacts = z.strictObject({
  episodes: whole,
  successes: whole,
  errors: whole,
  wilson: z.tuple([z.number(), z.number()]),
  failures: z.record(z.string(), whole),
  byScenario: z.record(z.string(), z.strictObject({ episodes: whole, successes: whole })),
  suiteHash: z.string(),
  /** 1 success, 0 failure, e error, in an order that does not depend on how they ended; for pairing. */
  outcomes: z.string().regex(/^[01e]*$/),
});

export const factsSchemas = {
  measure: z.strictObject({ stepsPerS: z.number().nullable() }),
  fresh: dataFacts,
  corrections: dataFacts,
  merge: dataFacts,
  train: z.strictObject({
    steps: whole,
    lossFirst: z.number().nullable(),
    lossLast: z.number().nullable(),
    /** Relative to the loop's folder. */
    policy: path,
  }),
  aim: rolloutFacts,
  judge: rolloutFacts,
  confirm: rolloutFacts,
} as const satisfies Record<StageKind, z.ZodType>;

export type FactsOf<K extends StageKind> = z.infer<(typeof factsSchemas)[K]>;
export type RolloutFacts = z.infer<typeof rolloutFacts>;
export type DataFacts = z.infer<typeof dataFacts>;

/** Of the machine, in core-seconds; null where that cannot be known. */
export interface Spent {
  /** By the stage's processes. */
  cpuS: number | null;
  /** By nobody, while it ran. */
  idleS: number | null;
}

/** How a stage ended. */
export type StageResult = Spent &
  (
    | { kind: 'done'; facts: FactsOf<StageKind> }
    /** A training that diverged, or corrections that could not be made: nothing of it is used, the loop goes on. */
    | { kind: 'unusable'; message: string }
    | { kind: 'interrupted' }
    /** The stage cannot go on as things are; tried again when the loop is. */
    | { kind: 'failed'; message: string; badInput: boolean }
  );

export interface StageConditions {
  /** Above 0 where it must give way. */
  niceness: number;
  /** null: as many as the command takes by itself. */
  workers: number | null;
}

/** Runs stages: child processes of this program, or what a test puts in their place. */
export interface StageRunner {
  /** Runs it to its end, or goes on with what is there of it. */
  run(request: StageRequest, how: StageConditions): Promise<StageResult>;
  /** Asks a stage, or all that run, to keep their state and end. */
  interrupt(id?: string): void;
  /** Ends all that run at once. */
  kill(): void;
}
