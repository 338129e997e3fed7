/** Which kind of episode fills a slot: decided by seed, scenario and slot alone, so that nothing else can change it. */
import { Rng } from '../../sim/rng.ts';

/** Kinds of episodes, each made by the file of its name. */
export const EPISODE_KINDS = ['expert', 'noise', 'dagger'] as const;
export type EpisodeKind = (typeof EPISODE_KINDS)[number];

/** What `--mode` takes. */
export const MODES = ['expert', 'noise', 'mix', 'dagger'] as const;
export type Mode = (typeof MODES)[number];

/** Of the episodes, in [0, 1]; what they do not take is the expert's. */
export interface ModeShares {
  noiseShare: number;
}

/** What decides how episodes are driven; part of what a dataset is made of. */
export interface ModeSettings extends ModeShares {
  mode: Mode;
  /** Scales the amplitudes of NOISE_DEFAULTS. */
  noiseLevel: number;
}

/** Shares of a mode where the user gives none. */
export const MODE_SHARES = {
  expert: { noiseShare: 0 },
  noise: { noiseShare: 1 },
  dagger: { noiseShare: 0 },
  mix: { noiseShare: 0.25 },
} as const satisfies Record<Mode, ModeShares>;

/** What `gen` did before it had modes, and does when none is asked for. */
export const MODE_DEFAULTS: ModeSettings = { mode: 'expert', ...MODE_SHARES.expert, noiseLevel: 1 };

/** Its multiples modulo 1 lie as evenly as can be, so that every stretch of slots has its shares. */
const GOLDEN_RATIO = 0.6180339887498949;

/**
 * The kind of a slot. Each scenario begins elsewhere in the sequence, so that one slot of each has the shares, too.
 * Slots that are another kind under other shares keep their start: only how it is driven differs.
 */
export function kindOfSlot(
  { mode, noiseShare }: ModeShares & { mode?: Mode },
  seed: number,
  scenario: string,
  slot: number,
): EpisodeKind {
  if (mode === 'dagger') return 'dagger';
  const place = (Rng.from('kind', seed, scenario).unit() + slot * GOLDEN_RATIO) % 1;
  return place < noiseShare ? 'noise' : 'expert';
}

/** The modes' part of wider settings; what a run from before there were modes does not say is the default. */
export function modesOf(settings: Partial<ModeSettings>): ModeSettings {
  const known = Object.entries(settings).filter(
    ([key, value]) => key in MODE_DEFAULTS && value !== undefined,
  );
  return { ...MODE_DEFAULTS, ...Object.fromEntries(known) };
}
