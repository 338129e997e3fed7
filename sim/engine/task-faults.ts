/** Whether a task says of itself what everything else relies on. */
import { LABEL_PATTERN } from './failure.ts';
import type { AnyTask } from './task.ts';
import { NAME_PATTERN } from './task-registry.ts';

/** The only one that is drawn so far. */
const CAMERA = 'ego (observation.images.ego)';
/** Phases are stored as one byte. */
const MAX_PHASES = 255;

/** Members, named as `a.b`, by what each must be. */
export type Parts = Readonly<Partial<Record<'string' | 'object' | 'function', readonly string[]>>>;

const PARTS: Parts = {
  string: ['robot.name', 'robot.noun', 'thing.one', 'thing.many'],
  object: [
    ...['robot.actionNames', 'robot.positive', 'robot.noiseAmplitude', 'robot.cameras'],
    ...['stateLayouts', 'phases', 'failures.meanings', 'map.ground'],
  ],
  function: [
    ...['createWorld', 'startFault', 'count', 'poseSize', 'startPoses', 'expert', 'phase'],
    ...['failures.label', 'map.things'],
  ],
};

/** The members that are not there or are something else, a sentence each. */
export function missingParts(whole: object, parts: Parts): string[] {
  return Object.entries(parts).flatMap(([type, paths]) =>
    paths.flatMap((path) => partFault(whole, path, type)),
  );
}

function partFault(whole: object, path: string, type: string): string[] {
  let part: unknown = whole;
  for (const key of path.split('.')) part = (part as Record<string, unknown> | null | undefined)?.[key];
  const found = part === null ? 'null' : typeof part;
  if (found === type) return [];
  return [found === 'undefined' ? `${path} is missing` : `${path} is a ${found}, wanted a ${type}`];
}

/** One sentence for each thing that is wrong with a task; none for one that can be used. */
export function taskFaults(task: AnyTask): string[] {
  const missing = missingParts(task, PARTS);
  if (missing.length > 0) return missing;
  const { robot, stateLayouts, phases, failures, map } = task;
  const faults: string[] = [];
  const cameras = robot.cameras.map(({ name, key }) => `${name} (${key})`).join(', ');
  if (cameras !== CAMERA) faults.push(`robot.cameras is ${cameras || 'empty'}; the one camera is ${CAMERA}`);
  if (!NAME_PATTERN.test(robot.name))
    faults.push(`robot.name "${robot.name}" must be lower-case letters, digits and dashes`);
  if (!robot.noiseAmplitude.every((offset) => offset >= 0 && offset <= 2))
    faults.push(`robot.noiseAmplitude is ${robot.noiseAmplitude.join(', ')}; each must be from 0 to 2`);
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
