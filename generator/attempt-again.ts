/** `gen --attempt`: one attempt of a run by itself, to see how it ends; nothing is drawn or written. */
import { resolveSelection, type SelectedScenario } from '../scenarios/registry.ts';
import type { Scenario } from '../scenarios/schema.ts';
import { InputError, NegativeResult } from '../sim/errors.ts';
import { loadTask } from '../sim/tasks/load-task.ts';
import { attemptEpisode } from './episode.ts';
import { type EpisodeKind, kindOfSlot } from './modes/kind.ts';
import type { ContentSettings } from './settings.ts';

export interface AttemptReport {
  scenario: string;
  slot: number;
  attempt: number;
  kind: EpisodeKind;
  outcome: string;
  /** Where and when, for a failure; what was disturbed, for a recovery. */
  detail: string;
  frames: number | null;
  final_state_hash: string | null;
}

/**
 * @param name SCENARIO/SLOT/ATTEMPT, as metadata.json lists what was not kept
 * @throws InputError when there is no such attempt, NegativeResult (after `report`) when it fails
 */
export async function attemptAgain(
  name: string,
  settings: ContentSettings,
  options: { cwd: string; report: (report: AttemptReport) => void },
): Promise<void> {
  const named = attemptNamed(name, resolveSelection(settings.scenarios, options.cwd), settings.scenarios);
  await loadTask(named.scenario.task_name);
  const { scenario } = named;
  const { seed, fps, state } = settings;
  const which = { ...named, scenario: scenario.name };
  const kind = kindOfSlot(settings, seed, scenario.name, which.slot);
  const outcome = attemptEpisode({ ...which, scenario, seed, fps, state, modes: settings });
  if ('failure' in outcome) {
    const { reason, detail } = outcome.failure;
    options.report({ ...which, kind, outcome: reason, detail, frames: null, final_state_hash: null });
    throw new NegativeResult(`${name} (${kind}) fails: ${detail}`);
  }
  const { frames, finalStateHash, start } = outcome.kept;
  const detail = start.disturbed ? `after ${start.disturbed.by} at ${start.disturbed.atS.toFixed(1)} s` : '';
  options.report({ ...which, kind, outcome: 'success', detail, frames, final_state_hash: finalStateHash });
}

/**
 * What SCENARIO/SLOT/ATTEMPT means in a selection.
 * @throws InputError when it is no such name, or names another scenario
 */
export function attemptNamed(
  name: string,
  selection: readonly SelectedScenario[],
  spec: string,
): { scenario: Scenario; slot: number; attempt: number } {
  const [, scenarioName, slot, attempt] = /^(.+)\/(\d+)\/(\d+)$/.exec(name) ?? [];
  if (scenarioName === undefined)
    throw new InputError(`--attempt must be SCENARIO/SLOT/ATTEMPT, such as wall/17/0, got "${name}"`);
  const found = selection.find(({ scenario }) => scenario.name === scenarioName);
  if (!found)
    throw new InputError(
      `--attempt ${name}: --scenarios ${spec} has no scenario ${scenarioName}; name the one it came from`,
    );
  return { scenario: found.scenario, slot: Number(slot), attempt: Number(attempt) };
}
