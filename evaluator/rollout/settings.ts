/** What a rollout is asked to do: the defaults that the CLI prints, and the checks on what a user wrote. */
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { boundedNumber, oneOf, wholeNumber } from '../../runtime/option-value.ts';
import { MAX_WORKERS } from '../../runtime/worker-pool.ts';
import { MAX_CONDITIONS } from '../../scenarios/suites/suite.ts';
import { DEFAULT_FPS } from '../../sim/engine/control-period.ts';
import { orFault, throwFaults } from '../../sim/errors.ts';

export const ROLLOUT_DEFAULTS = {
  suite: 'smoke',
  episodes: 100,
  out: 'evaluations',
  fps: DEFAULT_FPS,
  hangS: 600,
  backend: 'auto',
} as const;

const BACKENDS = ['auto', 'gl-egl', 'swiftshader'] as const;

/** As commander gives them. */
export interface RawRolloutOptions {
  checkpoint?: string[];
  suite?: string;
  scenarios?: string;
  episodes?: string;
  seed?: string;
  workers?: string;
  out?: string;
  resume?: boolean;
  actionSteps?: string;
  temporalEnsemble?: string;
  throughCodec?: boolean;
  minSuccess?: string;
  hang?: string;
  backend?: string;
  only?: string[];
  shuffled?: boolean;
}

/** What is left out has the default of `eval rollout`. */
export const rolloutRequestSchema = z.strictObject({
  checkpoints: z.array(z.string()).min(1),
  /** A suite, or scenarios with a number of episodes. */
  conditions: z.union([
    z.strictObject({ suite: z.string() }),
    z.strictObject({ scenarios: z.string(), episodes: z.number().int() }),
  ]),
  /** Whether the user chose conditions at all. */
  chosen: z.boolean().default(true),
  episodes: z.number().int().optional(),
  seed: z.number().int().optional(),
  workers: z.number().int().min(1).max(MAX_WORKERS).default(availableParallelism),
  resume: z.boolean().default(false),
  actionSteps: z.number().int().optional(),
  /** `off`: not what the policy was trained with. */
  ensemble: z.union([z.number(), z.literal('off')]).optional(),
  throughCodec: z.boolean().default(false),
  minSuccess: z.number().optional(),
  hangS: z.number().default(ROLLOUT_DEFAULTS.hangS),
  backend: z.enum(BACKENDS).default(ROLLOUT_DEFAULTS.backend),
  /** Keys of the conditions that are rolled out; all when left out. */
  only: z.array(z.string()).optional(),
  /** In the order that `shuffledOrder` gives, not in the set's. */
  shuffled: z.boolean().default(false),
});
export type RolloutRequest = z.output<typeof rolloutRequestSchema>;

/** Throws one InputError that names every fault. */
export function parseRolloutOptions(raw: RawRolloutOptions, cores = availableParallelism()): RolloutRequest {
  const faults: string[] = [];
  const whole = (option: string, text: string | undefined, min: number, max: number): number | undefined =>
    text === undefined ? undefined : wholeNumber(option, text, { min, max }, faults);
  const checkpoints = raw.checkpoint ?? [];
  if (checkpoints.length === 0)
    faults.push(
      '--checkpoint is missing: name a policy folder, a training run, expert, zero, random or replay:DATASET',
    );
  if (raw.suite !== undefined && raw.scenarios !== undefined)
    faults.push('--suite and --scenarios exclude each other: give one of them');
  if (raw.suite !== undefined && raw.episodes !== undefined)
    faults.push('--episodes goes with --scenarios; a suite says itself how many');
  const episodes = whole('--episodes', raw.episodes, 1, MAX_CONDITIONS);
  const number = (option: string, text: string | undefined, min: number, max: number): number | undefined =>
    text === undefined ? undefined : boundedNumber(option, text, { min, max, exponent: true }, faults);
  const backend =
    orFault(faults, () => oneOf('--backend', raw.backend ?? ROLLOUT_DEFAULTS.backend, BACKENDS)) ??
    BACKENDS[0];
  const noEnsemble = raw.temporalEnsemble === 'off';
  if (raw.actionSteps !== undefined && raw.temporalEnsemble !== undefined && !noEnsemble)
    faults.push('--temporal-ensemble asks the policy in every frame: leave --action-steps out');
  const request: RolloutRequest = {
    checkpoints,
    conditions:
      raw.scenarios === undefined && raw.episodes === undefined
        ? { suite: raw.suite ?? ROLLOUT_DEFAULTS.suite }
        : { scenarios: raw.scenarios ?? 'all', episodes: episodes ?? ROLLOUT_DEFAULTS.episodes },
    chosen: raw.suite !== undefined || raw.scenarios !== undefined,
    episodes,
    seed: whole('--seed', raw.seed, 0, 2 ** 31 - 1),
    workers: whole('--workers', raw.workers, 1, MAX_WORKERS) ?? cores,
    resume: raw.resume === true,
    actionSteps: whole('--action-steps', raw.actionSteps, 1, 10_000),
    ensemble: noEnsemble ? 'off' : number('--temporal-ensemble', raw.temporalEnsemble, -10, 10),
    throughCodec: raw.throughCodec === true,
    minSuccess: number('--min-success', raw.minSuccess, 0, 1),
    hangS: whole('--hang', raw.hang, 1, 86_400) ?? ROLLOUT_DEFAULTS.hangS,
    backend,
    only: raw.only,
    shuffled: raw.shuffled === true,
  };
  throwFaults('eval rollout', faults);
  return request;
}
