/** What a `gen` run is asked to do: the defaults that the CLI prints, and the checks on what a user wrote. */

import { oneOf, pictureSize, type WholeBounds, wholeNumber } from '../runtime/option-value.ts';
import { MAX_WORKERS } from '../runtime/worker-pool.ts';
import { ALLOWED_FPS, DEFAULT_FPS } from '../sim/engine/control-period.ts';
import type { AnyTask } from '../sim/engine/task.ts';
import { DEFAULT_TASK } from '../sim/engine/task-registry.ts';
import { orFault, throwFaults } from '../sim/errors.ts';
import { defaultTask } from '../sim/tasks/default-task.ts';
import { type DaggerRequest, parseDaggerOptions, type RawDaggerOptions } from './modes/dagger-options.ts';
import { MODE_DEFAULTS, type ModeSettings } from './modes/kind.ts';
import { parseModeOptions, type RawModeOptions } from './modes/options.ts';

export const GEN_DEFAULTS = {
  episodes: 100,
  scenarios: 'all',
  size: '320x240',
  fps: DEFAULT_FPS,
  seed: 0,
  out: 'datasets/brickyard',
  backend: 'auto',
  mode: MODE_DEFAULTS.mode,
} as const;

export const MAX_EPISODES = 1_000_000;
export const SIDE_PX = { min: 32, max: 1920 } as const;
const BACKENDS = ['auto', 'gl-egl', 'swiftshader'] as const;

export type BackendChoice = (typeof BACKENDS)[number];

/** What decides the contents of the dataset. Worker count, back end and verification are not among it. */
export interface ContentSettings extends ModeSettings {
  /** As written by the user: names, tags, paths, weights. */
  scenarios: string;
  episodes: number;
  seed: number;
  widthPx: number;
  heightPx: number;
  fps: number;
  /** One of the task's state layouts. */
  state: string;
  /** Left out where it is the default task. */
  taskName?: string;
}

export interface GenSettings extends ContentSettings {
  out: string;
  workers: number;
  backend: BackendChoice;
  append: boolean;
  resume: boolean;
  dryRun: boolean;
  /** Replay every episode instead of one in twenty. */
  verify: boolean;
}

/** Option values as text, the way commander hands them over. */
export type RawGenOptions = RawModeOptions &
  RawDaggerOptions & {
    episodes?: string;
    perScenario?: string;
    scenarios?: string;
    size?: string;
    fps?: string;
    state?: string;
    seed?: string;
    workers?: string;
    backend?: string;
  };

function parseSize(text: string, faults: string[]): { widthPx: number; heightPx: number } {
  const size = orFault(faults, () => pictureSize('--size', text));
  if (!size) return { widthPx: 0, heightPx: 0 };
  const { widthPx, heightPx } = size;
  for (const [name, px] of [
    ['width', widthPx],
    ['height', heightPx],
  ] as const) {
    if (px < SIDE_PX.min || px > SIDE_PX.max)
      faults.push(
        `--size ${text}: the ${name} must be from ${SIDE_PX.min} to ${SIDE_PX.max} pixels, got ${px}`,
      );
    else if (px % 2 !== 0)
      faults.push(`--size ${text}: the ${name} must be even (H.264 halves the colour planes), try ${px + 1}`);
  }
  return { widthPx, heightPx };
}

export interface GenHost {
  cores: number;
  /** Turns `--per-scenario` into a number of episodes. */
  scenarioCount: (spec: string) => number;
  /** What the scenarios belong to; the default task when left out. */
  task?: AnyTask;
}

/**
 * The settings of a run from the options' text.
 * Throws one InputError that names every fault.
 */
export function parseGenOptions(
  raw: RawGenOptions,
  host: GenHost,
): ContentSettings & { workers: number; backend: BackendChoice; dagger?: DaggerRequest } {
  const faults: string[] = [];
  const { task = defaultTask } = host;
  const scenarios = raw.scenarios ?? GEN_DEFAULTS.scenarios;
  const whole = (option: string, text: string, bounds: WholeBounds): number =>
    orFault(faults, () => wholeNumber(option, text, bounds)) ?? bounds.min;
  const workers = whole('--workers', raw.workers ?? String(host.cores), {
    min: 1,
    max: MAX_WORKERS,
    note: ` (this machine has ${host.cores} cores)`,
  });
  const { widthPx, heightPx } = parseSize(raw.size ?? GEN_DEFAULTS.size, faults);
  const fps = Number(raw.fps ?? GEN_DEFAULTS.fps);
  if (!ALLOWED_FPS.includes(fps))
    faults.push(
      `--fps must be one of ${ALLOWED_FPS.join(', ')} (a control period is whole 1/120 s steps), got "${raw.fps}"`,
    );
  const word = <T extends string>(option: string, text: string, words: readonly T[]): T =>
    orFault(faults, () => oneOf(option, text, words)) ?? words[0];
  const layouts = Object.keys(task.stateLayouts);
  const state = word('--state', raw.state ?? layouts[0], layouts);
  const backend = word('--backend', raw.backend ?? GEN_DEFAULTS.backend, BACKENDS);
  const seed = whole('--seed', raw.seed ?? String(GEN_DEFAULTS.seed), { min: 0, max: 2 ** 31 - 1 });
  let episodes: number = GEN_DEFAULTS.episodes;
  if (raw.perScenario !== undefined && raw.episodes !== undefined)
    faults.push('--episodes and --per-scenario exclude each other: give one of them');
  else if (raw.perScenario !== undefined)
    episodes =
      whole('--per-scenario', raw.perScenario, { min: 1, max: MAX_EPISODES }) * host.scenarioCount(scenarios);
  else if (raw.episodes !== undefined)
    episodes = whole('--episodes', raw.episodes, { min: 1, max: MAX_EPISODES });
  const modes = parseModeOptions(raw, faults, task);
  const dagger = parseDaggerOptions(modes.mode, raw, faults, task);
  throwFaults('gen', faults);
  const taskName = task.name === DEFAULT_TASK ? {} : { taskName: task.name };
  const drawn = { scenarios, episodes, seed, widthPx, heightPx, fps, state, ...taskName };
  return { ...drawn, ...modes, workers, backend, dagger };
}
