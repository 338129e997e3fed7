/** `--mode` and its options: from text to settings, each fault in one sentence. */
import { boundedNumber, readNumber } from '../../runtime/option-value.ts';
import type { Robot } from '../../sim/engine/robot.ts';
import type { AnyTask } from '../../sim/engine/task.ts';
import { orFault } from '../../sim/errors.ts';
import { defaultTask } from '../../sim/tasks/default-task.ts';
import { MODE_DEFAULTS, MODE_SHARES, MODES, type Mode, type ModeSettings } from './kind.ts';

/** Option values as text. */
export interface RawModeOptions {
  mode?: string;
  recoveryShare?: string;
  noiseShare?: string;
  noiseLevel?: string;
  noiseAmplitude?: string;
}

export const NOISE_LEVEL_RANGE = { above: 0, max: 2 } as const;
/** From one end of a control's range to the other. */
const LARGEST_OFFSET = 2;

/** The modes that an option means something in. */
const MEANT_FOR: Record<Exclude<keyof RawModeOptions, 'mode'>, readonly Mode[]> = {
  recoveryShare: ['recovery', 'mix'],
  noiseShare: ['noise', 'mix'],
  noiseLevel: ['noise', 'mix'],
  noiseAmplitude: ['noise', 'mix'],
};
export const MODE_OPTION_NAMES = {
  mode: '--mode',
  recoveryShare: '--recovery-share',
  noiseShare: '--noise-share',
  noiseLevel: '--noise-level',
  noiseAmplitude: '--noise-amplitude',
} as const satisfies Record<keyof ModeSettings, string>;

/** Adds what is wrong to `faults`. @param task what the episodes are of */
export function parseModeOptions(
  raw: RawModeOptions,
  faults: string[],
  task: Pick<AnyTask, 'name' | 'robot' | 'disturbances'> = defaultTask,
): ModeSettings {
  const mode = (raw.mode ?? MODE_DEFAULTS.mode) as Mode;
  if (!MODES.includes(mode)) {
    faults.push(`--mode must be one of ${MODES.join(', ')}, got "${raw.mode}"`);
    return MODE_DEFAULTS;
  }
  for (const [key, modes] of Object.entries(MEANT_FOR)) {
    const name = MODE_OPTION_NAMES[key as keyof typeof MEANT_FOR];
    if (raw[key as keyof RawModeOptions] !== undefined && !modes.includes(mode))
      faults.push(
        `${name} means nothing in --mode ${mode}: leave it out, or use --mode ${modes.join(' or ')}`,
      );
  }
  const shares = MODE_SHARES[mode];
  // A default gives way to a share that is asked for.
  const recoveries = share('--recovery-share', raw.recoveryShare, faults);
  const noisy = share('--noise-share', raw.noiseShare, faults);
  const hasRecoveries = Object.keys(task.disturbances ?? {}).length > 0;
  if (!hasRecoveries && (mode === 'recovery' || (recoveries ?? 0) > 0))
    faults.push(
      `--mode ${mode}: task ${task.name} has no disturbances to recover from; leave recoveries out, or write some in its task.ts`,
    );
  const ownShare = hasRecoveries ? shares.recoveryShare : 0;
  const recoveryShare = recoveries ?? Math.min(ownShare, 1 - (noisy ?? 0));
  const noiseShare = noisy ?? Math.min(shares.noiseShare, 1 - recoveryShare);
  if (recoveryShare + noiseShare > 1 + 1e-9)
    faults.push(
      `--recovery-share ${recoveryShare} and --noise-share ${noiseShare} are more than all episodes: together at most 1`,
    );
  const noiseAmplitude = amplitude(raw.noiseAmplitude, task.robot, faults);
  return { mode, recoveryShare, noiseShare, noiseLevel: level(raw.noiseLevel, faults), noiseAmplitude };
}

function share(name: string, text: string | undefined, faults: string[]): number | undefined {
  if (text === undefined) return undefined;
  const bounds = { min: 0, max: 1, note: ' (a share of the episodes)' };
  return orFault(faults, () => boundedNumber(name, text, bounds));
}

function level(text: string | undefined, faults: string[]): number {
  if (text === undefined) return MODE_DEFAULTS.noiseLevel;
  return (
    orFault(faults, () => boundedNumber('--noise-level', text, NOISE_LEVEL_RANGE)) ?? MODE_DEFAULTS.noiseLevel
  );
}

function amplitude(text: string | undefined, robot: Robot, faults: string[]): readonly number[] {
  const { actionNames, noiseAmplitude } = robot;
  if (text === undefined) return noiseAmplitude;
  const values = text.split(',').map((part) => readNumber(part));
  if (values.length !== actionNames.length || !values.every((value) => value >= 0 && value <= LARGEST_OFFSET))
    faults.push(
      `--noise-amplitude must be ${actionNames.length} numbers from 0 to ${LARGEST_OFFSET}, of ${actionNames.join(', ')}, such as ${noiseAmplitude}, got "${text}"`,
    );
  return values;
}
