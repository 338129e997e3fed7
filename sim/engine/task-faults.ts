/** Whether a task says of itself what everything else relies on. */
import type { AnyTask } from './task.ts';

/** A failure label, as results, pages and options spell it. */
const LABEL_PATTERN = /^[A-Z][A-Z0-9_]{0,63}$/;
/** The only one that is drawn so far. */
const CAMERA = 'ego (observation.images.ego)';
/** Phases are stored as one byte. */
const MAX_PHASES = 255;

const PARTS = {
  ...{
    'robot.name': 'string',
    'robot.noun': 'string',
    'robot.actionNames': 'object',
    'robot.positive': 'object',
  },
  ...{
    'robot.noiseAmplitude': 'object',
    'robot.cameras': 'object',
    'thing.one': 'string',
    'thing.many': 'string',
  },
  ...{
    stateLayouts: 'object',
    phases: 'object',
    createWorld: 'function',
    startFault: 'function',
    count: 'function',
  },
  ...{ poseSize: 'function', startPoses: 'function', expert: 'function', phase: 'function' },
  ...{
    'failures.meanings': 'object',
    'failures.label': 'function',
    'map.ground': 'object',
    'map.things': 'function',
  },
};

/** The members, named as `a.b`, that are not there or are something else. */
export function missingParts(whole: object, parts: Readonly<Record<string, string>>): string[] {
  return Object.entries(parts).flatMap(([path, type]) => {
    let part: unknown = whole;
    for (const key of path.split('.')) part = (part as Record<string, unknown> | null | undefined)?.[key];
    const found = part === null ? 'null' : typeof part;
    if (found === type) return [];
    return [found === 'undefined' ? `${path} is missing` : `${path} is a ${found}, wanted a ${type}`];
  });
}

/** One sentence for each thing that is wrong with a task; none for one that can be used. */
export function taskFaults(task: AnyTask): string[] {
  const missing = missingParts(task, PARTS);
  if (missing.length > 0) return missing;
  const { robot, stateLayouts, phases, failures, map } = task;
  const faults: string[] = [];
  const cameras = robot.cameras.map(({ name, key }) => `${name} (${key})`).join(', ');
  if (cameras !== CAMERA) faults.push(`robot.cameras is ${cameras || 'empty'}; the one camera is ${CAMERA}`);
  if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(robot.name))
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
