/** From the options' text to settings; what was left out stays undefined, so that a loop that goes on keeps its own. */
import { wilson } from '../evaluator/statistics/wilson.ts';
import { boundedNumber, oneOf, pictureSize, wholeNumber } from '../runtime/option-value.ts';
import { userFolder, userPath } from '../runtime/user-path.ts';
import { resolveSelection } from '../scenarios/registry.ts';
import { expandSuite, loadSuite, wholeSuiteName } from '../scenarios/suites/suite.ts';
import { InputError, orFault, throwFaults } from '../sim/errors.ts';
import { defaultTask } from '../sim/tasks/default-task.ts';
import { pretrainedModel } from '../trainer/launch/pretrained-model.ts';
import { parseDuration } from './duration.ts';
import { MAX_ROUNDS, MAX_SEED } from './round-stages.ts';
import { LOOP_DEFAULTS, type LoopContent, type LoopLimits, MODES } from './settings.ts';

/** As commander gives them. */
export interface RawLoopOptions {
  rounds?: string;
  budget?: string;
  target?: string;
  margin?: string;
  scenarios?: string;
  suite?: string;
  seed?: string;
  state?: string;
  size?: string;
  mode?: string;
  firstEpisodes?: string;
  episodes?: string;
  corrections?: string;
  correctionWeight?: string;
  firstSteps?: string;
  steps?: string;
  lr?: string;
  fineTuneLr?: string;
  initFrom?: string;
  aimEpisodes?: string;
  heldOutEpisodes?: string;
  finalEpisodes?: string;
}

export interface GivenSettings {
  content: Partial<LoopContent>;
  limits: Partial<LoopLimits>;
}

const MOST = 1_000_000;
/** Of the trainer's configuration: what the loop itself decides, and by which option. */
const DECIDED: Record<string, string> = {
  'training.steps': '--first-steps and --steps',
  'training.lr': '--lr and --fine-tune-lr',
  'training.init_from': '--init-from, and later by the last good policy',
  'training.epochs': '--first-steps and --steps',
  'data.root': 'the loop, which makes the data',
  'checkpoint.export': 'the loop, which rolls out the last checkpoint',
  seed: '--seed',
};

/**
 * @param layouts of the task's state
 * @throws InputError that lists every fault
 */
export function parseLoopOptions(
  raw: RawLoopOptions,
  overrides: readonly string[],
  layouts: readonly string[] = Object.keys(defaultTask.stateLayouts),
): GivenSettings {
  const faults: string[] = [];
  const whole = (option: string, text: string | undefined, min: number, max = MOST): number | undefined =>
    text === undefined ? undefined : wholeNumber(option, text, { min, max }, faults);
  const share = (option: string, text: string | undefined, max: number): number | undefined =>
    text === undefined ? undefined : boundedNumber(option, text, { above: 0, max, exponent: true }, faults);
  const collected = <T>(read: () => T): T | undefined => orFault(faults, read);
  if (raw.suite !== undefined)
    for (const [option, text] of [
      ['--aim-episodes', raw.aimEpisodes],
      ['--held-out-episodes', raw.heldOutEpisodes],
    ] as const)
      if (text !== undefined) faults.push(`${option} is for --scenarios: a suite says itself how many`);
  if (raw.state !== undefined) collected(() => oneOf('--state', raw.state!, layouts));
  if (raw.size !== undefined) collected(() => pictureSize('--size', raw.size!));
  faults.push(...overrideFaults(overrides));
  const suite = raw.suite === undefined ? undefined : collected(() => suiteOf(raw.suite!));
  const given: GivenSettings = {
    content: {
      scenarios: raw.scenarios === undefined ? undefined : collected(() => scenariosOf(raw.scenarios!)),
      suite: suite?.name,
      seed: whole('--seed', raw.seed, 0, MAX_SEED),
      state: raw.state,
      size: raw.size,
      mode: raw.mode === undefined ? undefined : collected(() => modeNamed(raw.mode!)),
      firstEpisodes: whole('--first-episodes', raw.firstEpisodes, 1),
      episodes: whole('--episodes', raw.episodes, 1),
      corrections: whole('--corrections', raw.corrections, 0),
      correctionWeight: share('--correction-weight', raw.correctionWeight, 100),
      firstSteps: whole('--first-steps', raw.firstSteps, 1, 100 * MOST),
      steps: whole('--steps', raw.steps, 1, 100 * MOST),
      lr: share('--lr', raw.lr, 10),
      fineTuneLr: share('--fine-tune-lr', raw.fineTuneLr, 10),
      initFrom:
        raw.initFrom === undefined ? undefined : collected(() => pretrainedModel(userPath(raw.initFrom!))),
      overrides: overrides.length > 0 ? [...overrides] : undefined,
      aimEpisodes: suite?.episodes ?? whole('--aim-episodes', raw.aimEpisodes, 1),
      heldOutEpisodes: suite?.episodes ?? whole('--held-out-episodes', raw.heldOutEpisodes, 1),
      finalEpisodes:
        suite && raw.finalEpisodes !== '0' ? suite.episodes : whole('--final-episodes', raw.finalEpisodes, 0),
    },
    limits: {
      rounds: whole('--rounds', raw.rounds, 1, MAX_ROUNDS),
      budgetS: raw.budget === undefined ? undefined : collected(() => parseDuration('--budget', raw.budget!)),
      target: share('--target', raw.target, 1),
      marginPoints: share('--margin', raw.margin, 100),
    },
  };
  throwFaults('loop', faults);
  return given;
}

function overrideFaults(overrides: readonly string[]): string[] {
  return overrides.flatMap((text) => {
    const key = /^(?:\+\+?)?([\w./@-]+)=/.exec(text)?.[1];
    if (key === undefined)
      return [`"${text}" is no override: write key=value, such as training.batch_size=32`];
    return Object.hasOwn(DECIDED, key) ? [`${key} is decided by ${DECIDED[key]}`] : [];
  });
}

/** @throws InputError for a mode that is none */
function modeNamed(text: string): (typeof MODES)[number] {
  const mode = MODES.find((each) => each === text);
  if (mode) return mode;
  throw new InputError(`--mode is "${text}"; there is ${MODES.join(', ')}`);
}

/** Files by their absolute path, so that the loop can be gone on with from anywhere. */
function scenariosOf(text: string): string {
  const absolute = text
    .split(',')
    .map((part) => part.trim())
    .map((part) => (/\.ya?ml(:|$)|\//.test(part) && !part.startsWith('tag:') ? userPath(part) : part))
    .join(',');
  resolveSelection(absolute, userFolder());
  return absolute;
}

function suiteOf(text: string): { name: string; episodes: number } {
  const name = wholeSuiteName(text, userFolder());
  return { name, episodes: expandSuite(loadSuite(name, userFolder())).conditions.length };
}

export const DEFAULT_CONTENT: LoopContent = {
  scenarios: LOOP_DEFAULTS.scenarios,
  suite: null,
  seed: LOOP_DEFAULTS.seed,
  state: LOOP_DEFAULTS.state,
  size: LOOP_DEFAULTS.size,
  mode: LOOP_DEFAULTS.mode,
  firstEpisodes: LOOP_DEFAULTS.firstEpisodes,
  episodes: LOOP_DEFAULTS.episodes,
  corrections: LOOP_DEFAULTS.corrections,
  correctionWeight: LOOP_DEFAULTS.correctionWeight,
  firstSteps: LOOP_DEFAULTS.firstSteps,
  steps: LOOP_DEFAULTS.steps,
  lr: LOOP_DEFAULTS.lr,
  fineTuneLr: LOOP_DEFAULTS.fineTuneLr,
  initFrom: null,
  overrides: [],
  aimEpisodes: LOOP_DEFAULTS.aimEpisodes,
  heldOutEpisodes: LOOP_DEFAULTS.heldOutEpisodes,
  finalEpisodes: LOOP_DEFAULTS.finalEpisodes,
};

export const DEFAULT_LIMITS: LoopLimits = {
  rounds: LOOP_DEFAULTS.rounds,
  budgetS: null,
  target: null,
  marginPoints: LOOP_DEFAULTS.marginPoints,
};

/** Corrections are aimed at failures of the suite, in scenarios that the loop makes. */
export function assertAims({ suite, scenarios, corrections }: LoopContent): void {
  if (suite === null || corrections === 0) return;
  const made = new Set(resolveSelection(scenarios, userFolder()).map(({ scenario }) => scenario.name));
  const conditions = expandSuite(loadSuite(suite, userFolder())).conditions;
  const others = [...new Set(conditions.map(({ scenario }) => scenario))].filter((name) => !made.has(name));
  if (others.length > 0)
    throw new InputError(
      `--suite ${suite} has ${others.join(', ')}, which --scenarios does not make and corrections could not aim at; add them there, or give --corrections 0`,
    );
}

/** A target that could not be shown even by a policy that never fails. */
export function assertReachable(content: LoopContent, { target }: LoopLimits): void {
  if (target === null) return;
  const n = content.heldOutEpisodes;
  const [low] = wilson(n, n);
  if (low >= target) return;
  const z2 = (n * (1 - low)) / low;
  const enough = target < 1 ? `${Math.ceil((z2 * target) / (1 - target))} would do` : 'no number would do';
  throw new InputError(
    `--target ${target} cannot be shown on ${n} held-out episodes: the lower end of the 95 % interval of ${n} successes is ${low.toFixed(3)}; ${enough}`,
  );
}
