/** Which kind of episode fills a slot: decided by seed, scenario and slot alone, so that nothing else can change it. */
import { Rng } from '../../sim/engine/rng.ts';
import { defaultTask } from '../../sim/tasks/default-task.ts';

/** Kinds of episodes, each made by the file of its name. */
export const EPISODE_KINDS = ['expert', 'noise', 'recovery', 'dagger'] as const;
export type EpisodeKind = (typeof EPISODE_KINDS)[number];

/** What `--mode` takes. */
export const MODES = ['expert', 'noise', 'recovery', 'mix', 'dagger'] as const;
export type Mode = (typeof MODES)[number];

/** Of the episodes, in [0, 1]; what they do not take is the expert's. */
export interface ModeShares {
  recoveryShare: number;
  noiseShare: number;
}

/** What decides how episodes are driven; part of what a dataset is made of. */
export interface ModeSettings extends ModeShares {
  mode: Mode;
  /** Scales the amplitude. */
  noiseLevel: number;
  /** Largest offsets of the robot's controls at level 1. */
  noiseAmplitude: readonly number[];
}

/** Shares of a mode where the user gives none; docs/results.md says what half of the mixture with noise is worth. */
export const MODE_SHARES = {
  expert: { recoveryShare: 0, noiseShare: 0 },
  noise: { recoveryShare: 0, noiseShare: 1 },
  recovery: { recoveryShare: 1, noiseShare: 0 },
  dagger: { recoveryShare: 0, noiseShare: 0 },
  mix: { recoveryShare: 0.25, noiseShare: 0.5 },
} as const satisfies Record<Mode, ModeShares>;

/** What `gen` did before it had modes, and does when none is asked for. */
export const MODE_DEFAULTS: ModeSettings = {
  mode: 'expert',
  ...MODE_SHARES.expert,
  noiseLevel: 1,
  noiseAmplitude: defaultTask.robot.noiseAmplitude,
};

/**
 * The kind of a slot. Any stretch of slots has the shares to within one episode, and each scenario begins elsewhere in
 * the pattern, so that one slot of many scenarios has them, too. A slot that is of another kind under other shares
 * keeps its start: only how it is driven differs.
 */
export function kindOfSlot(
  { mode, recoveryShare, noiseShare }: ModeShares & { mode?: Mode },
  seed: number,
  scenario: string,
  slot: number,
): EpisodeKind {
  if (mode === 'dagger') return 'dagger';
  const rng = Rng.from('kind', seed, scenario);
  const recoveries = everySoOften(recoveryShare, rng.unit());
  if (recoveries(slot + 1) > recoveries(slot)) return 'recovery';
  const others = slot - recoveries(slot);
  const noisy = everySoOften(Math.min(1, noiseShare / (1 - recoveryShare)), rng.unit());
  return noisy(others + 1) > noisy(others) ? 'noise' : 'expert';
}

/** How many of the first `count` are taken, spread evenly. */
const everySoOften =
  (share: number, phase: number) =>
  (count: number): number =>
    Math.floor(share * count + phase);

/** The modes' part of wider settings; what a run from before there were modes does not say is the default. */
export function modesOf(settings: Partial<ModeSettings>): ModeSettings {
  const known = Object.entries(settings).filter(
    ([key, value]) => key in MODE_DEFAULTS && value !== undefined,
  );
  return { ...MODE_DEFAULTS, ...Object.fromEntries(known) };
}
