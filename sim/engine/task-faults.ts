/** Whether a task says of itself what everything else relies on. */
import type { AnyTask } from './task.ts';

/** A failure label, as results, pages and options spell it. */
const LABEL_PATTERN = /^[A-Z][A-Z0-9_]{0,63}$/;
/** Phases are stored as one byte. */
const MAX_PHASES = 255;

/** One sentence for each thing that is wrong with a task; none for one that can be used. */
export function taskFaults({ robot, stateLayouts, phases, failures, map }: AnyTask): string[] {
  const faults: string[] = [];
  const controls = robot.actionNames.length;
  if (controls === 0) faults.push('robot.actionNames is empty; name at least one control');
  for (const list of ['positive', 'noiseAmplitude'] as const)
    if (robot[list].length !== controls)
      faults.push(`robot.${list} has ${robot[list].length} entries for ${controls} controls`);
  const layouts = Object.entries(stateLayouts);
  if (layouts.length === 0) faults.push('stateLayouts is empty; name the numbers of at least one layout');
  for (const [name, names] of [['robot.actionNames', robot.actionNames] as const, ...layouts])
    if (new Set(names).size !== names.length)
      faults.push(`${name} names something twice: ${names.join(', ')}`);
  if (phases.length === 0 || phases.length > MAX_PHASES)
    faults.push(`phases has ${phases.length} entries, wanted 1 to ${MAX_PHASES}`);
  for (const label of Object.keys(failures.meanings))
    if (!LABEL_PATTERN.test(label))
      faults.push(`failures.meanings: "${label}" must be capitals, digits and underscores`);
  if (!(map.halfM > 0)) faults.push(`map.halfM is ${map.halfM}, wanted more than 0`);
  return faults;
}
