/** One rollout's result: a line of `results.jsonl`. What every other part of the evaluator reads. */
import { z } from 'zod';

/** Why a rollout failed, in the order in which rules are asked: the first that holds names the failure. */
export const FAILURE_LABELS = [
  'BAD_ACTION',
  'LIFT_STUCK',
  'WALL_STUCK',
  'BOX_COLLISION',
  'SPINNING',
  'DROPPED_BRICK',
  'MISSED_BOX',
  'PUSHED_BRICK_AWAY',
  'MISSED_SCOOP',
  'NO_APPROACH',
  'TIMEOUT_PROGRESSING',
] as const;
export type FailureLabel = (typeof FAILURE_LABELS)[number];

export const failureSchema = z.strictObject({
  label: z.enum(FAILURE_LABELS),
  /** When and where it shows best. */
  time_s: z.number(),
  x_m: z.number(),
  z_m: z.number(),
  /** One sentence with the figures behind the label. */
  evidence: z.string(),
});
export type Failure = z.infer<typeof failureSchema>;

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
  /** Of simulated time, until the last brick came to rest in the box or the episode ended. */
  time_s: z.number(),
  frames: z.number().int(),
  path_m: z.number(),
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
