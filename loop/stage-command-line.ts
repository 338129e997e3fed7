/**
 * The command that a person would type for a stage: for its log, and for what the things that it makes say of how they
 * were made. Nothing is started by it. Pure.
 */
import { join } from 'node:path';
import { rolloutWords } from '../evaluator/rollout/rollout-words.ts';
import { shellLine } from '../runtime/shell-line.ts';
import { taskWords } from '../scenarios/use-task.ts';
import { DEFAULT_PROVIDER } from '../trainer/launch/provider.ts';
import { type Elsewhere, remoteRunId, trainsElsewhere } from './elsewhere.ts';
import { genOptions, rolloutOptions, type StageContext, trainOverrides } from './stage-options.ts';
import type { RequestOf, StageRequest } from './stages.ts';

export interface CommandLineContext extends StageContext {
  /** Whether a training was begun and can be gone on with. */
  resumable: boolean;
  /** Where trainings run whose provider is another than this machine. */
  elsewhere?: Elsewhere;
}

/** As after `brickyard`. */
export function stageWords(request: StageRequest, context: CommandLineContext): string[] {
  const at = (path: string): string => join(context.out, path);
  switch (request.kind) {
    case 'fresh':
    case 'corrections': {
      const { workers, ...options } = genOptions(request, context);
      const words = ['gen', ...optionWords(options), '--out', at(request.out), '--resume', '--json'];
      return [...words, ...optionWords({ workers }), ...taskWords()];
    }
    case 'merge':
      return [...mergeWords(request, context.out), '--out', at(request.out), '--json'];
    case 'measure':
      return [
        ...['train', '--dataset', at(request.dataset), '--dry-run', '--min-episodes', '1', '--json'],
        ...['--provider', DEFAULT_PROVIDER, ...taskWords(), ...trainOverrides(request, context)],
      ];
    case 'train':
      return ['train', ...(trainsElsewhere(context.machine) ? remoteWords : localWords)(request, context)];
    case 'aim':
    case 'judge':
    case 'confirm':
      return rolloutWords(rolloutOptions(request, context));
  }
}

/** What datasets, rollouts and policies keep: each command has its own way to write itself down. */
export function storedCommand(request: StageRequest, context: CommandLineContext): string {
  const words = stageWords(request, context);
  switch (request.kind) {
    case 'fresh':
    case 'corrections':
      return `brickyard ${words.join(' ')}`;
    case 'merge':
      return `brickyard ${mergeWords(request, context.out).join(' ')}`;
    default:
      return shellLine(['brickyard', ...words]);
  }
}

/** `{ fromReport: 'x' }` as `--from-report x`; what is undefined is left out. */
function optionWords(options: object): string[] {
  return Object.entries(options).flatMap(([key, value]) =>
    value === undefined
      ? []
      : [`--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`, value],
  );
}

function mergeWords({ parts, weights }: RequestOf<'merge'>, out: string): string[] {
  const weighted = weights === undefined ? [] : ['--weights', weights.join(',')];
  return ['dataset', 'merge', ...parts.map((part) => join(out, part)), ...weighted];
}

function localWords(request: RequestOf<'train'>, context: CommandLineContext): string[] {
  const run = join(context.out, request.out);
  const provider = ['--provider', DEFAULT_PROVIDER, '--min-episodes', '1', '--json', ...taskWords()];
  if (context.resumable) return ['--resume', run, ...provider];
  const dataset = ['--dataset', join(context.out, request.dataset), '--out', run];
  return [...dataset, ...provider, ...trainOverrides(request, context)];
}

/** Which machine and where its checkpoints go, train.remote.yaml says; what is rolled out, the loop decides. */
function remoteWords(request: RequestOf<'train'>, context: CommandLineContext): string[] {
  const { out, machine, resumable, elsewhere } = context;
  if (!elsewhere) throw new Error('a training elsewhere needs the place where the loop was begun');
  const runId = remoteRunId(elsewhere, request);
  const settings = machine.settings === null ? [] : ['--settings', machine.settings];
  if (resumable) return ['resume', runId, ...settings, '--json'];
  const run = ['--provider', machine.provider, '--dataset', join(out, request.dataset), '--run-id', runId];
  const how = ['--eval', 'none', '--min-episodes', '1', '--json', ...taskWords()];
  return [...run, ...settings, ...how, ...trainOverrides(request, context)];
}
