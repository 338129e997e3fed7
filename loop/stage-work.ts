/** What each stage does: the functions behind `gen`, `dataset merge`, `train` and `eval rollout`, with a loop's options. */
import { join, relative } from 'node:path';
import { z } from 'zod';
import { brokenDataset } from '../dataset/command-line.ts';
import { printLosses } from '../dataset/losses.ts';
import { mergeDatasets } from '../dataset/merge.ts';
import { rollOut, rollOutOptionsSchema } from '../evaluator/rollout/roll-out.ts';
import { startRollout } from '../evaluator/rollout-process.ts';
import { GENERATE_DEFAULTS, generateDataset, genRequest } from '../generator/generate.ts';
import { ReportedFailure } from '../runtime/failure.ts';
import { assertOpenFiles } from '../runtime/resource-limits.ts';
import type { ProcessPorts } from '../runtime/serve-process.ts';
import { Interrupted } from '../sim/errors.ts';
import { estimateText } from '../trainer/launch/dry-run.ts';
import type { RemoteSummary } from '../trainer/launch/remote/train-remotely.ts';
import { resumeRemotely, trainRemotely } from '../trainer/launch/remote/train-remotely.ts';
import { estimateHere, TRAIN_HERE_DEFAULTS, trainHere } from '../trainer/launch/train-here.ts';
import { TrainProgress } from '../trainer/launch/train-progress.ts';
import { remoteRunId, trainsElsewhere } from './elsewhere.ts';
import { broughtHome } from './remote-runs.ts';
import { contentSchema, machineSchema } from './settings.ts';
import { dataFacts, rolloutFacts, trainFacts } from './stage-facts.ts';
import { genOptions, rolloutOptions, trainOverrides } from './stage-options.ts';
import { type FactsOf, type RequestOf, requestSchema, type StageKind } from './stages.ts';

/** All that a stage's process is told. */
export const stageOrderSchema = z.strictObject({
  request: requestSchema,
  /** Of the loop, absolute, without links. */
  out: z.string(),
  content: contentSchema,
  machine: machineSchema,
  elsewhere: z.strictObject({ folder: z.string(), loopId: z.string() }),
  /** null: as many as the command takes by itself. */
  workers: z.number().int().nullable(),
  /** Whether a training was begun and can be gone on with. */
  resumable: z.boolean(),
  /** The command line that a person would type; kept with what the stage makes. */
  command: z.string(),
  /** What `--task` says. */
  task: z.string(),
});
export type StageOrder = z.infer<typeof stageOrderSchema>;

/**
 * Does it to its end.
 * @returns what is known of it then
 * @throws Interrupted when it was asked to stop; its state is kept
 */
export async function workOn(order: StageOrder, ports: ProcessPorts): Promise<FactsOf<StageKind>> {
  const { request, out, command } = order;
  switch (request.kind) {
    case 'fresh':
    case 'corrections':
      return generate(request, order, ports);
    case 'merge': {
      const roots = request.parts.map((part) => join(out, part));
      const options = { roots, out: join(out, request.out), weights: request.weights, command };
      const { losses } = await brokenDataset(() => mergeDatasets(options));
      printLosses(losses);
      return dataFacts(join(out, request.out));
    }
    case 'measure':
      return measure(request, order, ports);
    case 'train':
      return trainsElsewhere(order.machine) ? trainElsewhere(request, order) : train(request, order, ports);
    case 'aim':
    case 'judge':
    case 'confirm': {
      assertOpenFiles();
      const options = rollOutOptionsSchema.parse({ ...rolloutOptions(request, order), command });
      const result = await rollOut(options, ports);
      if (result.kind === 'interrupted') throw new Interrupted('the rollouts were stopped');
      return rolloutFacts(join(out, request.out));
    }
  }
}

async function generate(
  request: RequestOf<'fresh' | 'corrections'>,
  order: StageOrder,
  ports: ProcessPorts,
): Promise<FactsOf<'fresh'>> {
  assertOpenFiles();
  const out = join(order.out, request.out);
  const result = await generateDataset(
    {
      ...{ ...GENERATE_DEFAULTS, out, resume: true, command: order.command },
      request: await genRequest(genOptions(request, order), ports),
    },
    ports,
  );
  if (result.kind === 'interrupted') throw new Interrupted('the episodes were stopped');
  return dataFacts(out);
}

async function measure(
  request: RequestOf<'measure'>,
  order: StageOrder,
  ports: ProcessPorts,
): Promise<FactsOf<'measure'>> {
  const found = await estimateHere(
    {
      ...{ ...TRAIN_HERE_DEFAULTS, dataset: join(order.out, request.dataset), minEpisodes: 1 },
      overrides: trainOverrides(request, order),
    },
    ports,
  );
  if ('failure' in found) throw new ReportedFailure(found.failure);
  ports.say(estimateText(found));
  return { stepsPerS: found.steps_per_s };
}

async function train(
  request: RequestOf<'train'>,
  order: StageOrder,
  { say }: ProcessPorts,
): Promise<FactsOf<'train'>> {
  const run = join(order.out, request.out);
  const dataset = join(order.out, request.dataset);
  const { end, failure } = await trainHere(
    {
      ...{ ...TRAIN_HERE_DEFAULTS, minEpisodes: 1, command: order.command },
      ...(order.resumable
        ? { resume: run }
        : { dataset, out: run, overrides: trainOverrides(request, order) }),
    },
    { say, startRollout, progress: new TrainProgress(process.stderr, false, () => performance.now() / 1000) },
  );
  if (failure) throw new ReportedFailure(failure);
  if (typeof end?.policy !== 'string') throw new Error('the training left no policy folder');
  return trainFacts(end, relative(order.out, end.policy));
}

async function trainElsewhere(request: RequestOf<'train'>, order: StageOrder): Promise<FactsOf<'train'>> {
  const runId = remoteRunId(order.elsewhere, request);
  const { settings, provider } = order.machine;
  const common = { settings: settings ?? undefined };
  const ports = { startRollout, command: order.command };
  const summary = order.resumable
    ? await resumeRemotely(runId, common, ports)
    : await trainRemotely(
        {
          ...{ ...common, provider, runId, dataset: join(order.out, request.dataset), eval: 'none' },
          ...{ minEpisodes: '1', zone: [], machineType: [], overrides: trainOverrides(request, order) },
        },
        ports,
      );
  assertSucceeded(summary!);
  return broughtHome(request, order);
}

/** @throws ReportedFailure with why a run elsewhere brought no policy; what it did is seen by `train status` and `train logs` */
export function assertSucceeded({ run, outcome, reason, failure, left, faults }: RemoteSummary): void {
  if (outcome === 'interrupted') throw new Interrupted(`run ${run} was stopped: ${reason}`);
  if (outcome === 'succeeded' && left.length === 0 && faults.length === 0) return;
  const machines = left.map((name) => `${name} was NOT cleaned up and may cost money`);
  if (failure?.kind === 'diverged')
    throw new ReportedFailure({ kind: 'diverged', message: [failure.message, ...machines].join('; ') });
  const message = [`run ${run} ${outcome}: ${reason}`, ...machines, ...faults].join('; ');
  throw new ReportedFailure({ kind: 'negative', message });
}
