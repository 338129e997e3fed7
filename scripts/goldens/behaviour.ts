/**
 * What sampler, simulator, expert, data modes and failure rules do, as digests of whole trajectories: a change of
 * structure must leave every line as it is. Wider than the regression's goldens (several starts of each scenario, every
 * kind of episode, policies that fail), and only for this project's own tests.
 */
import { createHash } from 'node:crypto';
import { attemptEpisode } from '../../generator/episode.ts';
import { MODE_DEFAULTS } from '../../generator/modes/kind.ts';
import { baselinePolicy } from '../../rollouts/baselines.ts';
import { rolloutResult, runRollout } from '../../rollouts/episode.ts';
import { listScenarios } from '../../scenarios/catalogue.ts';
import type { Scenario } from '../../scenarios/schema.ts';
import { drawConditions } from '../../scenarios/suites/conditions.ts';
import type { Trajectory } from '../../sim/engine/trajectory.ts';
import { loadTask } from '../../sim/tasks/load-task.ts';

/** Half of the episodes are disturbed by noise and a third are recoveries, so that six slots have all kinds. */
const MODES = { ...MODE_DEFAULTS, mode: 'mix', noiseShare: 0.34, recoveryShare: 0.33 } as const;
const SLOTS = 3;
const SEED = 7;
const FPS = 10;
const ROLLOUTS = 2;

/** One line for each episode and rollout, by its name. */
export async function behaviourGoldens(): Promise<Record<string, string>> {
  await loadTask();
  const lines: Record<string, string> = {};
  for (const scenario of listScenarios()) {
    for (let slot = 0; slot < SLOTS; slot++)
      lines[`gen ${scenario.name} ${slot}`] = episodeLine(scenario, slot);
    Object.assign(lines, await rolloutLines(scenario));
  }
  return lines;
}

function episodeLine(scenario: Scenario, slot: number): string {
  const format = { seed: SEED, fps: FPS, state: 'full', modes: MODES } as const;
  const outcome = attemptEpisode({ scenario, slot, attempt: 0, ...format });
  if ('failure' in outcome) return `failed: ${JSON.stringify(outcome.failure)}`;
  const { kept, kind } = outcome;
  return `${kind}, ${kept.frames} frames, ${trajectoryDigest(kept)}`;
}

/** Without the phases: nothing depends on them, and 7e5a571 wrote `search` throughout. */
async function rolloutLines(scenario: Scenario): Promise<Record<string, string>> {
  const { conditions } = drawConditions('goldens', SEED, [{ scenario, episodes: ROLLOUTS }]);
  const lines: Record<string, string> = {};
  for (const [i, condition] of conditions.entries()) {
    for (const kind of i === 0 ? (['expert', 'zero', 'random'] as const) : (['expert'] as const)) {
      const rollout = await runRollout(condition, baselinePolicy(kind), {
        fps: FPS,
        state: 'seed4',
      });
      const {
        condition: key,
        status,
        frames,
        path_m,
        delivered,
        failure,
      } = rolloutResult(condition, rollout, '');
      const label = failure ? ` ${failure.label} at ${JSON.stringify(failure)}` : '';
      lines[`rollout ${kind} ${key}`] =
        `${status}, ${frames} frames, ${path_m} m, ${delivered} delivered, ${trajectoryDigest({ ...rollout.trajectory, phases: new Uint8Array() })}${shortened(label)}`;
    }
  }
  return lines;
}

type Recorded = Pick<
  Trajectory,
  | 'start'
  | 'fps'
  | 'stateNames'
  | 'poses'
  | 'states'
  | 'actions'
  | 'executedActions'
  | 'sources'
  | 'labelValid'
  | 'phases'
  | 'detail'
  | 'finalStateHash'
> & { outcome: string };

/** 16 hex digits over everything that a trajectory holds. */
function trajectoryDigest(trajectory: Recorded): string {
  const { start, fps, stateNames, outcome, detail, finalStateHash } = trajectory;
  const hash = createHash('sha256');
  hash.update(JSON.stringify([start, fps, stateNames, outcome, detail, finalStateHash]));
  const { poses, states, actions, executedActions, sources, labelValid, phases } = trajectory;
  for (const array of [poses, states, actions, executedActions, sources, labelValid, phases])
    hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return hash.digest('hex').slice(0, 16);
}

const shortened = (label: string): string =>
  label === ''
    ? ''
    : `, ${label.split(' ')[1]} ${createHash('sha256').update(label).digest('hex').slice(0, 8)}`;
