/** What a loop is asked to do: the defaults that the CLI prints, and what of it may change when it goes on. */
import { z } from 'zod';

export const LOOP_DEFAULTS = {
  rounds: 10,
  scenarios: 'all',
  out: 'loops/brickyard',
  seed: 0,
  state: 'seed4',
  size: '320x240',
  mode: 'mix',
  firstEpisodes: 300,
  episodes: 150,
  corrections: 100,
  correctionWeight: 3,
  firstSteps: 3000,
  steps: 4000,
  lr: 1e-3,
  fineTuneLr: 5e-4,
  aimEpisodes: 60,
  heldOutEpisodes: 100,
  finalEpisodes: 200,
  marginPoints: 5,
} as const;

/** What the fresh episodes of a round are; `gen --mode` says what each means. */
export const MODES = ['expert', 'noise', 'recovery', 'mix'] as const;

/** A training that diverges is tried again with this much of its learning rate, so many times in all. */
export const DIVERGENCE = { lrFactor: 0.3, attempts: 3 } as const;

/** One thread leaves the other cores to the next round's data. */
export const OVERRIDES_HERE = ['hardware.threads=1', 'hardware.precision=bf16'] as const;
/** Given to every training before the user's own overrides. */
export const TRAIN_OVERRIDES = [
  'policy=act_small',
  'checkpoint.export=final',
  'checkpoint.every_minutes=5',
] as const;

export const contentSchema = z.strictObject({
  /** Left out for the default task. */
  taskName: z.string().optional(),
  /** Names, tags, absolute files, weights: what the policy must be able to do. */
  scenarios: z.string(),
  /** Conditions of rollouts: instances of a suite, or starts of `scenarios`. */
  suite: z.string().nullable(),
  seed: z.number().int(),
  state: z.string(),
  size: z.string(),
  mode: z.enum(MODES),
  firstEpisodes: z.number().int(),
  episodes: z.number().int(),
  /** Of a later round: the policy drives, the expert labels; 0 for none. */
  corrections: z.number().int(),
  /** How often a frame of a correction counts in training; they are short, and few beside what was made before. */
  correctionWeight: z.number().default(1),
  firstSteps: z.number().int(),
  steps: z.number().int(),
  lr: z.number(),
  fineTuneLr: z.number(),
  /** Absolute, of a checkpoint that round 0 starts from; null from scratch. */
  initFrom: z.string().nullable(),
  /** key=value for every training. */
  overrides: z.array(z.string()),
  aimEpisodes: z.number().int(),
  heldOutEpisodes: z.number().int(),
  finalEpisodes: z.number().int(),
});

export const limitsSchema = z.strictObject({
  rounds: z.number().int(),
  /** Of active time; null for none. */
  budgetS: z.number().nullable(),
  /** The lower end of the 95 % interval on the held-out conditions that ends the loop; null for none. */
  target: z.number().nullable(),
  marginPoints: z.number(),
});

export const machineSchema = z.strictObject({
  cores: z.number().int(),
  overlap: z.boolean(),
  provider: z.string(),
  /** Settings of trainings elsewhere, absolute; null: train.remote.yaml where the loop was begun. */
  settings: z.string().nullable().default(null),
});

/** What decides the data and the policies: the same when a loop goes on. */
export type LoopContent = z.infer<typeof contentSchema>;
/** When it ends: may be changed when it goes on. */
export type LoopLimits = z.infer<typeof limitsSchema>;
/** Where it runs: may be changed, decides nothing. */
export type LoopMachine = z.infer<typeof machineSchema>;

export interface LoopSettings {
  content: LoopContent;
  limits: LoopLimits;
  machine: LoopMachine;
}
