/** `brickyard eval rollout`: reads the options, rolls out, prints the summary. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { chunkOptions } from '../../policy/action-chunks.ts';
import { readContract } from '../../policy/policy-folder.ts';
import { checkPolicy } from '../../rollouts/preflight.ts';
import { replaySet } from '../../rollouts/replay-conditions.ts';
import { resolveSubject, type Subject } from '../../rollouts/subject.ts';
import { INTERRUPTED_EXIT_CODE } from '../../runtime/interrupt.ts';
import { machineFacts } from '../../runtime/machine.ts';
import { shellLine } from '../../runtime/shell-line.ts';
import { userFolder, userPath } from '../../runtime/user-path.ts';
import { MAX_WORKERS } from '../../runtime/worker-pool.ts';
import { listSuites } from '../../scenarios/suites/suite.ts';
import { InputError, NegativeResult } from '../../sim/errors.ts';
import { writeReport } from '../report/write-report.ts';
import { againWords } from './again.ts';
import { onlyConditions } from './only.ts';
import { requestedConditions } from './requested-conditions.ts';
import { type RolloutRun, type RunOutcome, recordedBackend, runRollouts } from './run.ts';
import {
  parseRolloutOptions,
  type RawRolloutOptions,
  ROLLOUT_DEFAULTS,
  type RolloutRequest,
} from './settings.ts';
import { type RolloutMachine, type RolloutSummary, summaryText } from './summary.ts';

type Options = RawRolloutOptions & { report?: boolean; json?: boolean; quiet?: boolean };

const EXAMPLES = `
Examples:
  brickyard eval rollout --checkpoint runs/first --suite standard
  brickyard eval rollout --checkpoint runs/first@20000 runs/first@best --scenarios wall,corner --episodes 100
  brickyard eval rollout --checkpoint expert --suite smoke
  brickyard eval rollout --checkpoint replay:datasets/first --episodes 50
  brickyard eval rollout --checkpoint runs/first --suite smoke --only wall/eval/1/0/0/0123456789ab`;

/** The `eval rollout` command. */
export function rolloutCommand(): Command {
  const d = ROLLOUT_DEFAULTS;
  return new Command('rollout')
    .description('Drive in closed loop: success rate with its interval, failures with their reasons.')
    .option(
      '--checkpoint <what...>',
      'policy folder, training run (RUN, RUN@best, RUN@STEP), expert, zero, random or replay:DATASET; several make a folder each',
    )
    .option(
      '--suite <name|file>',
      `conditions: ${listSuites().join(', ')} or a file of your own (default: ${d.suite})`,
    )
    .option(
      '--scenarios <list>',
      'conditions of your own instead: names, tags, files or all; name:2 gives a weight',
    )
    .option('--episodes <n>', `with --scenarios: starts, shared by weight (default: ${d.episodes})`)
    .option(
      '--only <condition...>',
      'of these conditions just the ones with these keys, as results and report print them',
    )
    .option('--seed <n>', 'draws a fresh instance of the conditions, with a hash of its own')
    .option(
      '--workers <n>',
      `worker threads, each with its own browser, 1 to ${MAX_WORKERS} (default: cores)`,
    )
    .option(
      '--action-steps <n>',
      'actions of a chunk that are executed before the policy is asked again (default: as trained)',
    )
    .option(
      '--temporal-ensemble <coefficient>',
      'ask in every frame and average all chunks, weight exp(-coefficient * age rank); off executes whole chunks (default: as trained)',
    )
    .option(
      '--through-codec',
      'the policy sees frames as the video of a dataset shows them: encoded in order and decoded, as in its training',
    )
    .option('--shuffled', 'in an order that says nothing about how rollouts end, to stop anywhere in it')
    .option('--out <folder>', `where results go (default: ${d.out}/CHECKPOINT-SUITE)`)
    .option('--resume', 'go on with the rollouts in --out')
    .option('--min-success <p>', 'exit with 1 when the success rate (0 to 1) is below')
    .option('--no-report', 'write no report.html')
    .option('--hang <seconds>', `a rollout that takes longer on the clock is an error (default: ${d.hangS})`)
    .option('--backend <name>', `auto, gl-egl or swiftshader (default: ${d.backend})`)
    .addHelpText('after', EXAMPLES)
    .action(async (_options, command: Command) => rollout(command.optsWithGlobals<Options>()));
}

async function rollout(options: Options): Promise<void> {
  const request = parseRolloutOptions(options, availableParallelism());
  const subjects = request.checkpoints.map((text) => resolveSubject(text, userPath));
  const say = (text: string): void => void (options.quiet || process.stderr.write(`${text}\n`));
  // Every one is checked before the first is rolled out.
  const runs: RolloutRun[] = [];
  for (const subject of subjects)
    runs.push(await prepare(subject, request, options, subjects.length > 1, say));
  const folders = runs.map(({ settings }) => settings.out);
  if (new Set(folders).size < folders.length)
    throw new InputError(
      'eval rollout: two of --checkpoint have the same name; roll them out one by one, each with its --out',
    );
  const summaries: RolloutSummary[] = [];
  for (const run of runs) {
    const outcome: RunOutcome = await runRollouts(run);
    if (outcome.kind === 'interrupted') {
      say(
        `stopped with ${outcome.done} of ${outcome.total} rollouts done; the same command with --resume goes on`,
      );
      process.exitCode = INTERRUPTED_EXIT_CODE;
      return;
    }
    summaries.push(outcome.summary);
    say(summaryText(outcome.summary));
    if (options.report !== false) await tryReport(run.settings.out, say);
  }
  if (options.json)
    process.stdout.write(`${JSON.stringify(summaries.length === 1 ? summaries[0] : { runs: summaries })}\n`);
  judge(summaries, request.minSuccess);
}

/** The results stand without their page: what keeps it from being made is said, and no more. */
async function tryReport(folder: string, say: (text: string) => void): Promise<void> {
  try {
    const { path, note } = await writeReport(folder);
    say(`  report: ${path}${note ? `. ${note}` : ''}`);
  } catch (error) {
    say(`  no report: ${(error as Error).message}; try again with: brickyard eval report ${folder}`);
  }
}

/** Rates below the bar and rollouts without an answer end the command with 1. */
function judge(summaries: readonly RolloutSummary[], minSuccess: number | undefined): void {
  const faults = summaries.flatMap(({ checkpoint, success_rate, errors, episodes }) => [
    ...(errors > 0 ? [`${checkpoint}: ${errors} of ${episodes} rollouts ended in an error`] : []),
    ...(minSuccess !== undefined && success_rate < minSuccess
      ? [`${checkpoint}: success rate ${success_rate.toFixed(3)} is below ${minSuccess}`]
      : []),
  ]);
  if (faults.length > 0) throw new NegativeResult(faults.join('; '));
}

async function prepare(
  subject: Subject,
  request: RolloutRequest,
  options: Options,
  several: boolean,
  say: (text: string) => void,
): Promise<RolloutRun> {
  const { workers, resume, shuffled, hangS, backend } = request;
  const command = shellLine(['brickyard', ...process.argv.slice(2)]);
  const again = againWords(subject, request, userFolder());
  const machine: RolloutMachine = machineFacts();
  const common = { command, again, machine, workers, resume, shuffled, hangS, say };
  const settings = {
    subject,
    fps: ROLLOUT_DEFAULTS.fps as number,
    state: 'seed4' as const,
    widthPx: 0,
    heightPx: 0,
    chunk: { actionSteps: 1 },
    throughCodec: request.throughCodec,
    backend,
  };
  const outFor = (suite: string): string => {
    const way = request.throughCodec ? '-through-codec' : '';
    const name = `${subject.label}-${suite.replaceAll(/[^A-Za-z0-9.-]+/g, '-')}${way}`.replaceAll(
      /^[.-]+|-+$/g,
      '',
    );
    if (options.out === undefined) return userPath(join(ROLLOUT_DEFAULTS.out, name));
    return several ? join(userPath(options.out), subject.label) : userPath(options.out);
  };
  if (request.throughCodec && subject.kind !== 'policy')
    throw new InputError(`--through-codec is for policies: ${subject.label} looks at no frame`);
  if (subject.kind === 'replay') {
    if (request.chosen || request.seed !== undefined)
      throw new InputError(
        `--checkpoint replay:… rolls out on the dataset's own starts: leave --suite, --scenarios and --seed out`,
      );
    const replay = await replaySet(subject.dataset, subject.label, request.episodes);
    return {
      ...common,
      settings: { ...settings, fps: replay.fps, out: outFor('own-starts') },
      set: request.only ? onlyConditions(replay.set, request.only) : replay.set,
      replay: replay.actions,
      onnxSha256: null,
      details: {},
    };
  }
  const set = requestedConditions(request, userFolder());
  const out = outFor(set.name);
  if (subject.kind !== 'policy')
    return { ...common, settings: { ...settings, out }, set, onnxSha256: null, details: {} };
  // Before golden frames are drawn, which takes seconds.
  const chunk = chunkOptions(await readContract(subject.folder), request, {
    label: subject.label,
    remedy: 'leave --action-steps out, or add --temporal-ensemble off',
  });
  const {
    policy,
    settings: fitting,
    pairs,
    frames,
    stack,
  } = await checkPolicy(
    subject.folder,
    backend === 'auto' && resume ? (recordedBackend(out) ?? backend) : backend,
    request.throughCodec,
  );
  const { contract } = policy;
  say(
    `${subject.label}: ${pairs.pairs} golden pairs agree (largest difference ${pairs.worst.toPrecision(2)}), ` +
      (frames.skipped ??
        `${frames.frames} golden frames drawn again (${frames.equal} to the bit, worst block ${frames.worstBlock.toFixed(1)} of 255)`),
  );
  if (chunk.ensemble !== undefined)
    say(`${subject.label} is asked in every frame, its chunks averaged with coefficient ${chunk.ensemble}`);
  return {
    ...common,
    machine: { ...machine, rendering_stack: stack },
    // The backend that drew the golden frames: a browser that dies while it starts is then a crash, not a missing GL.
    settings: { ...settings, ...fitting, chunk, out, backend: stack.backend },
    set,
    onnxSha256: contract.onnx.sha256,
    details: {
      training: contract.training,
      dataset: contract.dataset,
      golden_pairs: pairs,
      golden_frames: frames,
      rendering_stack: stack,
    },
  };
}
