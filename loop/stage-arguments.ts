/** The command line of each stage: the same commands that a person would type. Pure. */

import { isAbsolute, join } from 'node:path';
import { hydraString } from '../trainer/launch/overrides.ts';
import { DEFAULT_PROVIDER } from '../trainer/launch/provider.ts';
import { type Elsewhere, remoteRunId, trainsElsewhere } from './elsewhere.ts';
import { type LoopContent, type LoopMachine, OVERRIDES_HERE, TRAIN_OVERRIDES } from './settings.ts';
import type { RequestOf, StageRequest } from './stages.ts';

export interface ArgumentsContext {
  /** Of the loop, absolute. */
  out: string;
  content: LoopContent;
  machine: LoopMachine;
  /** null: the command's own default, all cores. */
  workers: number | null;
  /** Whether a training was begun and can be gone on with. */
  resumable: boolean;
  /** Where trainings run whose provider is another than this machine. */
  elsewhere?: Elsewhere;
}

/** As after `brickyard`. */
export function stageArguments(request: StageRequest, context: ArgumentsContext): string[] {
  const at = (path: string): string => join(context.out, path);
  const { content, workers } = context;
  const many = workers === null ? [] : ['--workers', `${workers}`];
  switch (request.kind) {
    case 'fresh':
      return ['gen', ...modeOf(content), ...genArguments(request, context), ...many];
    case 'corrections': {
      const drives = ['--mode', 'dagger', '--checkpoint', at(request.policy)];
      const aimed = request.report === null ? [] : ['--from-report', at(request.report)];
      return ['gen', ...drives, ...aimed, ...genArguments(request, context), ...many];
    }
    case 'merge':
      return [
        'dataset',
        'merge',
        ...request.parts.map(at),
        ...weightsOf(request),
        '--out',
        at(request.out),
        '--json',
      ];
    case 'measure':
      return ['train', '--dataset', at(request.dataset), '--dry-run', ...trainOverrides(request, context)];
    case 'train':
      return [
        'train',
        ...(trainsElsewhere(context.machine) ? remoteArguments : trainArguments)(request, context),
      ];
    case 'aim':
      return rolloutArguments(request, content.aimEpisodes, context, many);
    case 'judge':
      return rolloutArguments(request, content.heldOutEpisodes, context, many);
    case 'confirm':
      return rolloutArguments(request, content.finalEpisodes, context, many);
  }
}

/** `expert` is what `gen` makes when nothing is said. */
const modeOf = ({ mode }: LoopContent): string[] => (mode === 'expert' ? [] : ['--mode', mode]);

const weightsOf = ({ weights }: RequestOf<'merge'>): string[] =>
  weights === undefined ? [] : ['--weights', weights.join(',')];

function genArguments(
  { out, episodes, seed }: RequestOf<'fresh' | 'corrections'>,
  { out: folder, content }: ArgumentsContext,
): string[] {
  const { scenarios, state, size } = content;
  return [
    ...['--scenarios', scenarios, '--episodes', `${episodes}`, '--seed', `${seed}`],
    ...['--state', state, '--size', size, '--out', join(folder, out), '--resume', '--json'],
  ];
}

function trainArguments(request: RequestOf<'train'>, context: ArgumentsContext): string[] {
  const run = join(context.out, request.out);
  const provider = ['--provider', DEFAULT_PROVIDER, '--min-episodes', '1', '--json'];
  if (context.resumable) return ['--resume', run, ...provider];
  const dataset = ['--dataset', join(context.out, request.dataset), '--out', run];
  return [...dataset, ...provider, ...trainOverrides(request, context)];
}

/** Which machine and where its checkpoints go, train.remote.yaml says; what is rolled out, the loop decides. */
function remoteArguments(request: RequestOf<'train'>, context: ArgumentsContext): string[] {
  const { out, machine, resumable, elsewhere } = context;
  if (!elsewhere) throw new Error('a training elsewhere needs the place where the loop was begun');
  const runId = remoteRunId(elsewhere, request);
  const settings = machine.settings === null ? [] : ['--settings', machine.settings];
  if (resumable) return ['resume', runId, ...settings, '--json'];
  const run = ['--provider', machine.provider, '--dataset', join(out, request.dataset), '--run-id', runId];
  const how = ['--eval', 'none', '--min-episodes', '1', '--json', ...trainOverrides(request, context)];
  return [...run, ...settings, ...how];
}

function trainOverrides(
  request: RequestOf<'train'> | RequestOf<'measure'>,
  { out, content, machine }: ArgumentsContext,
): string[] {
  const machines = trainsElsewhere(machine) ? [] : OVERRIDES_HERE;
  const own = [...TRAIN_OVERRIDES, ...machines, ...content.overrides, `training.steps=${request.steps}`];
  if (request.kind === 'measure')
    return ['--min-episodes', '1', '--json', '--provider', DEFAULT_PROVIDER, ...own];
  const { initFrom, lr, seed } = request;
  own.push(`training.lr=${lr}`, `seed=${seed}`);
  if (initFrom === null) return own;
  const checkpoint = isAbsolute(initFrom) ? initFrom : join(out, initFrom, 'checkpoints/last');
  own.push(`training.init_from=${hydraString(checkpoint)}`);
  return own;
}

function rolloutArguments(
  { policy, seed, out }: RequestOf<'aim' | 'judge' | 'confirm'>,
  episodes: number,
  { out: folder, content }: ArgumentsContext,
  many: string[],
): string[] {
  const { suite, scenarios } = content;
  const conditions =
    suite === null ? ['--scenarios', scenarios, '--episodes', `${episodes}`] : ['--suite', suite];
  return [
    ...['eval', 'rollout', '--checkpoint', join(folder, policy), ...conditions, '--seed', `${seed}`],
    ...['--out', join(folder, out), '--resume', '--no-report', '--json', ...many],
  ];
}
