/** Runs of other machines as a loop sees them: what may begin, how far one has come, and what is brought into the loop. */
import { existsSync, readlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { POLICY_FILE } from '../policy/contract.ts';
import { Disk } from '../runtime/disk.ts';
import { InputError } from '../sim/errors.ts';
import { remoteProviderNamed } from '../trainer/launch/remote/place-from-options.ts';
import { planFromOptions } from '../trainer/launch/remote/plan-from-options.ts';
import { runsFolder } from '../trainer/launch/remote/run-id.ts';
import { planFile } from '../trainer/launch/remote/run-plan.ts';
import { readRemoteSettings, SETTINGS_FILE } from '../trainer/launch/remote/settings-file.ts';
import { outputsRun } from '../trainer/launch/remote/supervisor-plan.ts';
import { readStatus } from '../trainer/launch/supervisor/journal.ts';
import { type Elsewhere, remoteRunId } from './elsewhere.ts';
import type { LoopMachine } from './settings.ts';
import { remoteTrainFacts } from './stage-facts.ts';
import type { FactsOf, RequestOf } from './stages.ts';

/**
 * Before the first episode is made; nobody elsewhere is asked yet.
 * @param folder where train.remote.yaml lies unless the loop names another
 * @throws InputError with everything that a training there lacks or cannot have
 */
export function assertTrainsThere({ provider, settings: file }: LoopMachine, folder: string): void {
  remoteProviderNamed(provider);
  const settings = readRemoteSettings(file ?? undefined, folder);
  const path = file ?? join(folder, SETTINGS_FILE);
  if (settings.overrides !== undefined)
    throw new InputError(
      `overrides in ${path}: a loop's trainings differ from round to round; give them to \`loop\` as key=value, or a file without them by --settings`,
    );
  const [zone, machineType, overrides]: [string[], string[], string[]] = [[], [], []];
  const options = { provider, dataset: folder, zone, machineType, overrides, minEpisodes: '1' };
  const facts = { runId: 'loop', madeAt: '', command: '', cwd: folder, home: homedir() };
  try {
    planFromOptions(options, settings, facts);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const text = `trainings of this loop go by ${path} alone, where these options of \`train\` have names of their own (train.remote.example.yaml)`;
    throw new InputError(`${text}: ${error.message}`, { cause: error });
  }
}

/** The folder of a training's run where the loop was begun. */
export const remoteRunOf = (request: RequestOf<'train'>, elsewhere: Elsewhere): string =>
  join(runsFolder(elsewhere.folder), remoteRunId(elsewhere, request));

/** Brings the policy of a run that succeeded into the loop's folder, and says what is known of it. */
export async function broughtHome(
  request: RequestOf<'train'>,
  { out, elsewhere }: { out: string; elsewhere: Elsewhere },
): Promise<FactsOf<'train'>> {
  await bringHome(remoteRunOf(request, elsewhere), join(out, request.out), new Disk());
  return remoteTrainFacts(request, out);
}

/** `done`: it succeeded, its machines cost nothing any more, and its policy is on this machine. */
export function remoteProgress(run: string): 'none' | 'begun' | 'done' {
  if (!existsSync(planFile(run))) return 'none';
  const status = readStatus(run);
  const isOver = status?.outcome?.kind === 'succeeded' && status.cleanUp === 'done';
  return isOver && existsSync(join(lastCheckpoint(run), 'policy', POLICY_FILE)) ? 'done' : 'begun';
}

const lastCheckpoint = (run: string): string => join(outputsRun(run), 'checkpoints/last');

/** `home` becomes a run folder with the last checkpoint alone, without its optimizer: what loop and rollouts go on from. */
export async function bringHome(run: string, home: string, disk: Disk): Promise<void> {
  const last = readlinkSync(lastCheckpoint(run));
  const isWanted = (path: string): boolean => {
    const [top, name, part] = path.split('/');
    const isKept = name === undefined || name === 'last' || (name === last && part !== 'training_state');
    return top !== 'checkpoints' || isKept;
  };
  await disk.copyFolder(outputsRun(run), home, isWanted);
}
