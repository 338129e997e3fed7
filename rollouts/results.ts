/** One rollout's result: a line of `results.jsonl`. What every other part of the evaluator reads. */
import { z } from 'zod';
import { LABEL_PATTERN } from '../sim/engine/failure.ts';

export const failureSchema = z.strictObject({
  /** One of the task's labels. */
  label: z.string().regex(LABEL_PATTERN),
  /** When and where it shows best. */
  time_s: z.number(),
  x_m: z.number(),
  z_m: z.number(),
  /** One sentence with the figures behind the label. */
  evidence: z.string(),
});

export const resultSchema = z.strictObject({
  /** Of the condition: what is paired when two policies are compared. Equal keys start from equal states. */
  condition: z.string(),
  scenario: z.string(),
  scenario_hash: z.string(),
  seed: z.number().int(),
  slot: z.number().int(),
  /** `error`: a crash or a hang, after one more try. Neither success nor failure of the policy. */
  status: z.enum(['success', 'failure', 'error']),
  /** How the episode ended: an Outcome of the simulator, or bad-action; empty on error. */
  outcome: z.string(),
  /** Of simulated time, until the task counted as done or the episode ended. */
  time_s: z.number(),
  frames: z.number().int(),
  path_m: z.number(),
  /** Things to be done: see `thingsOf`. */
  bricks: z.number().int(),
  delivered: z.number().int(),
  queries: z.number().int(),
  failure: failureSchema.nullable(),
  /** Relative path of the stored trajectory; null when none was kept. */
  trajectory: z.string().nullable(),
  final_state_hash: z.string(),
  /** Of an error: what went wrong, one line. */
  error: z.string().nullable(),
  /** Where the policy saw frames as a video shows them; absent where it saw them as drawn. */
  through_codec: z.literal(true).optional(),
});
export type RolloutResult = z.infer<typeof resultSchema>;

/** Things that the task counts, such as bricks: the key is of the time when there was one task, and scripts read it. */
export const thingsOf = ({ bricks }: Pick<RolloutResult, 'bricks'>): number => bricks;

/** The same as part of a result. */
export const thingsField = (count: number): Pick<RolloutResult, 'bricks'> => ({ bricks: count });
