/** `train` on this machine as functions: the dataset is checked, then it is trained on or the training is estimated. */
import type { CheckName } from '../../dataset/checks/names.ts';
import { VALIDATE_DEFAULTS } from '../../dataset/validate.ts';
import { InputError } from '../../sim/errors.ts';
import type { StartRollout } from './checkpoint-rollouts.ts';
import { estimateTraining, type NotEstimated, type TrainEstimate } from './dry-run.ts';
import { type EvaluatedResult, runEvaluatedTraining } from './evaluated-training.ts';
import { type EvaluationPlan, planEvaluation } from './evaluation-plan.ts';
import { localProvider } from './local.ts';
import { trainerArguments } from './overrides.ts';
import { datasetOfRun } from './run-folder.ts';
import type { TrainProgress } from './train-progress.ts';
import { checkTrainingData, verdictFolder } from './training-data.ts';

export interface TrainHereOptions {
  /** Absolute; known where a run is resumed. */
  dataset?: string;
  /** The run folder, absolute; named by date and time when left out. */
  out?: string;
  /** A run that is gone on with, absolute. */
  resume?: string;
  /** Keys that may differ from the resumed run. */
  allowChange: readonly string[];
  /** A program that gets every report. */
  notify?: string;
  /** A smaller dataset is refused. */
  minEpisodes: number;
  /** Checks of `dataset validate` that are left out. */
  skip: readonly CheckName[];
  /** Checkpoints that are rolled out beside it: --eval and --eval-every. */
  evaluation: { suite?: string; every?: string };
  /** key=value, as typed. */
  overrides: readonly string[];
  /** The command line that asks for the same; kept in run.json and in every policy. */
  command: string;
}

export const TRAIN_HERE_DEFAULTS = {
  ...{ allowChange: [], skip: [], evaluation: {}, overrides: [] },
  minEpisodes: VALIDATE_DEFAULTS.minEpisodes,
} as const satisfies Partial<TrainHereOptions>;

export interface TrainHerePorts {
  say(text: string): void;
  progress: TrainProgress;
  startRollout: StartRollout;
}

/**
 * Trains to the end, or until it is interrupted.
 * @throws InputError, NegativeResult before it begins where the options or the dataset do not allow it
 */
export async function trainHere(options: TrainHereOptions, ports: TrainHerePorts): Promise<EvaluatedResult> {
  const { progress, startRollout } = ports;
  const { args, plan } = await prepared(options, ports);
  const { command } = options;
  return runEvaluatedTraining(
    { provider: localProvider, args, command, progress },
    plan && { plan, startRollout },
  );
}

/** Begins it in a temporary folder, to see how long it would take. */
export async function estimateHere(
  options: Omit<TrainHereOptions, 'command'>,
  ports: Pick<TrainHerePorts, 'say'>,
): Promise<TrainEstimate | NotEstimated> {
  const { args, frames } = await prepared(options, ports);
  return estimateTraining(localProvider, args, frames, ports.say);
}

/** @throws InputError for what cannot be trained */
async function prepared(
  options: Omit<TrainHereOptions, 'command'>,
  { say }: Pick<TrainHerePorts, 'say'>,
): Promise<{ args: string[]; frames: number; plan: EvaluationPlan | undefined }> {
  const { dataset, resume, overrides, evaluation, minEpisodes, skip } = options;
  const args = trainerArguments(options);
  const root = dataset ?? (resume === undefined ? undefined : await datasetOfRun(resume));
  if (root === undefined)
    throw new InputError('--dataset is missing: name the folder of a LeRobot dataset to learn from');
  const plan = planEvaluation({ ...evaluation, resume, overrides });
  const data = await checkTrainingData({ root, minEpisodes, skip, overrides, cache: verdictFolder() });
  const how = data.remembered ? 'valid, as found before' : 'valid';
  say(`dataset ${root}: ${how}, ${data.episodes} episodes, ${data.frames} frames at ${data.fps} Hz`);
  return { args, frames: data.frames, plan };
}
