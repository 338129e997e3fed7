/** What the other rooms ask for scenarios by: `--scenarios all`, `wall,corner:2`, `tag:recovery`, `./mine.yaml`: which scenarios, and how much of each. */
import { DEFAULT_TASK } from '../sim/engine/task-registry.ts';
import { InputError, throwFaults } from '../sim/errors.ts';
import { isScenarioPath, listScenarios, loadScenario, namedScenario, unknownScenario } from './catalogue.ts';
import type { Scenario } from './schema.ts';
import { selectedTask } from './tasks.ts';

export { listScenarios, loadScenario, scenarioHash } from './catalogue.ts';

export interface SelectedScenario {
  scenario: Scenario;
  /** Share of the episodes, relative to the other weights; 1 unless said otherwise. */
  weight: number;
}

const MAX_WEIGHT = 1000;

/**
 * What a comma-separated selection means, in the order in which it is written.
 * Each part is `all`, a name, `tag:NAME` (or a tag that is no scenario's name) or a path, and may end in `:WEIGHT`.
 * `all` and tags mean the scenarios of the selected task; the scenarios of one selection are all of one task.
 * @throws InputError listing every part that is unknown, weightless or selects a scenario again.
 */
export function resolveSelection(spec: string, cwd: string): SelectedScenario[] {
  const faults: string[] = [];
  const chosen = new Map<string, { by: string } & SelectedScenario>();
  for (const part of spec.split(',').map((text) => text.trim())) {
    try {
      const { what, weight } = splitWeight(part);
      for (const scenario of scenariosOf(what, cwd)) {
        const before = chosen.get(scenario.name);
        if (before)
          faults.push(
            `scenario "${scenario.name}" is selected twice, by "${before.by}" and "${part}"; drop one`,
          );
        else chosen.set(scenario.name, { scenario, weight, by: part });
      }
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      faults.push(error.message);
    }
  }
  faults.push(...taskFaults([...chosen.values()].map(({ scenario }) => scenario)));
  throwFaults('--scenarios', faults);
  return [...chosen.values()].map(({ scenario, weight }) => ({ scenario, weight }));
}

/** A dataset has one layout of states, and rollouts one policy. */
function taskFaults(scenarios: readonly Scenario[]): string[] {
  const first = scenarios[0];
  const other = scenarios.find(({ task_name }) => task_name !== first.task_name);
  const of = ({ name, task_name = DEFAULT_TASK }: Scenario) => `${name} is of the task ${task_name}`;
  if (other) return [`${of(first)}, but ${of(other)}; name scenarios of one task`];
  const isMeant =
    selectedTask() === DEFAULT_TASK || first === undefined || first.task_name === selectedTask();
  return isMeant
    ? []
    : [`${of(first)}, but --task is ${selectedTask()}; name scenarios of it, or leave --task out`];
}

function splitWeight(part: string): { what: string; weight: number } {
  if (part === '') throw new InputError('an empty name stands between two commas; leave it out');
  const match = /^(.+):([-+\d.][^:/\\]*)$/.exec(part);
  if (!match) return { what: part, weight: 1 };
  const weight = Number(match[2]);
  if (!(weight > 0 && weight <= MAX_WEIGHT))
    throw new InputError(
      `"${part}" has the weight ${match[2]}, which must be above 0 and at most ${MAX_WEIGHT}`,
    );
  return { what: match[1], weight };
}

function scenariosOf(what: string, cwd: string): Scenario[] {
  if (what === 'all') return listScenarios();
  if (isScenarioPath(what)) return [loadScenario(what, cwd)];
  const scenarios = listScenarios();
  const tags = [...new Set(scenarios.flatMap((scenario) => scenario.tags))].sort();
  if (what.startsWith('tag:')) {
    const tag = what.slice(4);
    const tagged = scenarios.filter((scenario) => scenario.tags.includes(tag));
    if (tagged.length === 0)
      throw new InputError(`no scenario has the tag "${tag}"; there are ${tags.join(', ')}`);
    return tagged;
  }
  const named = namedScenario(what);
  if (named) return [named];
  if (tags.includes(what)) return scenarios.filter((scenario) => scenario.tags.includes(what));
  throw new InputError(unknownScenario(what, tags));
}
