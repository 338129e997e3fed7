/** `brickyard gen`: reads the options, runs, prints the summary. */

import { availableParallelism } from 'node:os';
import { Command } from 'commander';
import { INTERRUPTED_EXIT_CODE } from '../runtime/interrupt.ts';
import { userPath } from '../runtime/user-path.ts';
import { MAX_WORKERS } from '../runtime/worker-pool.ts';
import { resolveSelection } from '../scenarios/registry.ts';
import { ALLOWED_FPS } from '../sim/engine/control-period.ts';
import { InputError, NegativeResult } from '../sim/errors.ts';
import { loadTask } from '../sim/tasks/load-task.ts';
import { AIM_DEFAULTS } from './aim.ts';
import { type AttemptReport, attemptAgain } from './attempt-again.ts';
import { DAGGER_DEFAULTS } from './modes/dagger.ts';
import type { DaggerRequest } from './modes/dagger-options.ts';
import type { DaggerRecord } from './modes/dagger-record.ts';
import { MODE_DEFAULTS, MODE_SHARES, MODES } from './modes/kind.ts';
import { NOISE_DEFAULTS } from './modes/noise.ts';
import { NOISE_LEVEL_RANGE } from './modes/options.ts';
import type { DatasetOrigin } from './origin.ts';
import { prepareRun, selectedShares } from './prepare.ts';
import { runGeneration } from './run.ts';
import { type BackendChoice, GEN_DEFAULTS, parseGenOptions, type RawGenOptions } from './settings.ts';
import { summaryText } from './summary.ts';

type GenOptions = RawGenOptions & {
  out: string;
  append?: boolean;
  resume?: boolean;
  dryRun?: boolean;
  verify?: boolean;
  attempt?: string;
  noiseFrom?: string;
  json?: boolean;
  quiet?: boolean;
  verbose?: boolean;
};

const EXAMPLES = `
Examples:
  brickyard gen --workers 8 --episodes 1000
  brickyard gen --scenarios one-brick,wall:2 --episodes 300 --out datasets/walls
  brickyard gen --scenarios my-yard.yaml --per-scenario 50 --size 640x480 --fps 30
  brickyard gen --mode mix --episodes 1000 --out datasets/mixed
  brickyard gen --mode noise --noise-from rollouts/first --episodes 300 --out datasets/noisy
  brickyard gen --mode dagger --checkpoint runs/first@best --episodes 300 --out datasets/dagger1
  brickyard gen --episodes 1000 --dry-run          what it would make, how long, how large
  brickyard gen --resume                           go on where it stopped`;

/** The `gen` command. */
export function genCommand(): Command {
  const d = GEN_DEFAULTS;
  return new Command('gen')
    .description('Generate a LeRobot dataset: scenarios in, episodes out, on all cores.')
    .option(
      '--episodes <n>',
      `episodes to make, shared among the scenarios by weight (default: ${d.episodes})`,
    )
    .option('--per-scenario <n>', 'episodes of each scenario, instead of --episodes')
    .option(
      '--scenarios <list>',
      `names, tags, files or all; name:2 gives a weight (default: ${d.scenarios})`,
    )
    .option(
      '--workers <n>',
      `worker threads, each with its own browser, 1 to ${MAX_WORKERS} (default: cores)`,
    )
    .option('--size <WxH>', `picture size in pixels (default: ${d.size})`)
    .option('--fps <n>', `control and frame rate, one of ${ALLOWED_FPS.join(' ')} (default: ${d.fps})`)
    .option('--state <layout>', `seed4 (4 numbers) or full (9 numbers) (default: ${d.state})`)
    .option(
      '--mode <name>',
      `who drives: ${MODES.join(', ')}; noise disturbs what is executed and keeps the expert's clean action as the label, recovery begins at disturbed states, mix has all three (default: ${d.mode})`,
    )
    .option(
      '--recovery-share <s>',
      `share of the episodes that are recoveries, the summary has their frames (default: ${MODE_SHARES.recovery.recoveryShare} in --mode recovery, ${MODE_SHARES.mix.recoveryShare} in --mode mix)`,
    )
    .option(
      '--noise-share <s>',
      `share of the episodes with noise (default: ${MODE_SHARES.noise.noiseShare} in --mode noise, ${MODE_SHARES.mix.noiseShare} in --mode mix)`,
    )
    .option(
      '--noise-level <x>',
      `scales the noise, up to ${NOISE_LEVEL_RANGE.max} (default: ${MODE_DEFAULTS.noiseLevel}: offsets up to ${NOISE_DEFAULTS.amplitude.join(', ')} of steering, throttle, bucket, lift; each further attempt at a start has ${NOISE_DEFAULTS.gentlerBy} of it)`,
    )
    .option(
      '--noise-amplitude <list>',
      `largest offsets of steering, throttle, bucket, lift at level 1 (default: ${NOISE_DEFAULTS.amplitude.join(',')})`,
    )
    .option(
      '--noise-from <file>',
      'results.jsonl of an eval rollout: the amplitude follows from what its policy and the expert differ by, up to the default',
    )
    .option(
      '--checkpoint <what>',
      'with --mode dagger: the student, a policy folder or a training run (RUN, RUN@best, RUN@STEP); it drives, and the expert goes on from where it hands over',
    )
    .option(
      '--beta <p>',
      `with --mode dagger: share of the student's chunks that the expert drives instead (default: ${DAGGER_DEFAULTS.beta})`,
    )
    .option(
      '--action-steps <n>',
      'with --mode dagger: actions of a chunk that are executed (default: as trained)',
    )
    .option(
      '--from-report <file>',
      'with --mode dagger: results.jsonl of an eval rollout; starts are drawn around its failures, never its own starts again',
    )
    .option(
      '--everything-else <p>',
      `with --from-report: share of ordinary starts (default: ${AIM_DEFAULTS.everythingElse})`,
    )
    .option('--label-weights <list>', 'with --from-report: WALL_STUCK:3,SPINNING:0.5; other labels count 1')
    .option('--seed <n>', `every start state follows from it (default: ${d.seed})`)
    .option('--out <folder>', 'where the dataset goes', d.out)
    .option('--backend <name>', `auto, gl-egl or swiftshader (default: ${d.backend})`)
    .option('--append', 'add episodes to the dataset in --out')
    .option(
      '--resume',
      'go on with the run in --out; begin it when there is none, nothing to do when finished',
    )
    .option('--dry-run', 'measure a little, say what would be made, how long it takes and how large it gets')
    .option(
      '--attempt <name>',
      'try one attempt of a run again, SCENARIO/SLOT/ATTEMPT, and say how it ends; writes nothing',
    )
    .option('--verify', 'replay every episode and compare its final state (default: 1 in 20)')
    .addHelpText('after', EXAMPLES)
    .action(async (_options, command: Command) => generate(command.optsWithGlobals<GenOptions>()));
}

async function generate(options: GenOptions): Promise<void> {
  const cwd = userPath('.');
  const say = (text: string): void => void (options.quiet || process.stderr.write(`${text}\n`));
  const given = options.noiseFrom === undefined ? options : await withMeasuredNoise(options, say);
  if (given.labelWeights !== undefined) await loadTask(); // which knows the labels
  const parsed = parseGenOptions(given, {
    cores: availableParallelism(),
    scenarioCount: (spec) => resolveSelection(spec, cwd).length,
  });
  const reportAttempt = (report: AttemptReport): void => {
    const { kind, outcome, detail, frames } = report;
    say(
      [`${options.attempt} (${kind}): ${outcome}`, detail, frames && `${frames} frames`]
        .filter(Boolean)
        .join(', '),
    );
    printSummary(report, options.json);
  };
  if (options.attempt !== undefined && !parsed.dagger) {
    await attemptAgain(options.attempt, parsed, { cwd, report: reportAttempt });
    return;
  }
  if (parsed.dagger && options.dryRun)
    throw new InputError(
      '--dry-run cannot tell how long a student drives: leave it out, or measure with a few --episodes of --mode dagger',
    );
  const dagger = parsed.dagger && (await studentOf(parsed.dagger, parsed, options, cwd, say));
  if (options.attempt !== undefined && dagger) {
    const { daggerAgain } = await import('./modes/dagger-again.ts');
    const report = await daggerAgain(options.attempt, { ...parsed, fps: dagger.student.fps }, dagger, cwd);
    reportAttempt(report);
    if (report.outcome !== 'success')
      throw new NegativeResult(`${options.attempt} (dagger) fails: ${report.detail}`);
    return;
  }
  const prepared = await prepareRun({
    parsed: dagger ? { ...parsed, fps: dagger.student.fps } : parsed,
    dagger,
    given,
    cwd,
    out: userPath(options.out),
    append: options.append === true,
    resume: options.resume === true,
    command: `brickyard ${process.argv.slice(2).join(' ')}`,
  });
  if (prepared.kind === 'complete') {
    say(`${options.out} is complete: ${prepared.origin.episodes} episodes; nothing to do`);
    printSummary(completeSummary(prepared.origin, userPath(options.out)), options.json);
    return;
  }
  const { workers, backend } = parsed;
  if (options.dryRun) {
    const { dryRun } = await import('./dry-run.ts'); // brings the browser's library, which a run leaves to its workers
    printSummary(await dryRun(prepared.run, { workers, backend, say }), options.json);
    return;
  }
  const result = await runGeneration(prepared.run, {
    workers,
    backend,
    verifyAll: options.verify === true,
    quiet: options.quiet === true,
  });
  if (result.kind === 'interrupted') {
    say(
      `stopped with ${result.kept} of ${result.total} episodes kept; the same command with --resume goes on`,
    );
    process.exitCode = INTERRUPTED_EXIT_CODE;
    return;
  }
  say(summaryText(result.summary));
  printSummary(result.summary, options.json);
}

/** The options with the amplitude that a policy's rollouts give. */
async function withMeasuredNoise(options: GenOptions, say: (text: string) => void): Promise<GenOptions> {
  if (options.noiseAmplitude !== undefined)
    throw new InputError('--noise-from and --noise-amplitude exclude each other: give one of them');
  const { measureNoise } = await import('./noise-from.ts'); // reads rollouts, which no other run does
  const { rollouts, frames, rms, amplitude } = await measureNoise(userPath(options.noiseFrom as string));
  say(
    `the policy differs from the expert by ${rms.join(', ')} (root mean square over ${frames} frames of ${rollouts} rollouts): --noise-amplitude ${amplitude.join(',')}`,
  );
  return { ...options, noiseAmplitude: amplitude.join(',') };
}

/** Looks at policy and report before anything else, and says what they are. */
async function studentOf(
  request: DaggerRequest,
  { scenarios, backend, fps }: { scenarios: string; backend: BackendChoice; fps: number },
  given: RawGenOptions,
  cwd: string,
  say: (text: string) => void,
): Promise<DaggerRecord> {
  const { prepareDagger } = await import('./modes/dagger-prepare.ts'); // brings ONNX Runtime
  const shares = selectedShares(scenarios, cwd);
  const { record, notes } = await prepareDagger(request, shares, { resolvePath: userPath, backend });
  const { student } = record;
  if (given.fps !== undefined && fps !== student.fps)
    throw new InputError(
      `--fps is ${fps}, but ${student.label} drives at ${student.fps}: leave --fps out, or train at ${fps}`,
    );
  say(
    student.ensemble === undefined
      ? `${student.label} drives, ${student.actionSteps} actions a chunk, the expert ${record.beta} of the chunks`
      : `${student.label} drives, its chunks averaged with coefficient ${student.ensemble}, the expert ${record.beta} of the frames`,
  );
  for (const note of notes) say(note);
  return record;
}

/** The summary of a run that had nothing left to do. */
function completeSummary({ lastRun, episodes, frames, fingerprint }: DatasetOrigin, dataset: string) {
  const { attempts, rejects, rendering_stack } = lastRun;
  const backend = rendering_stack.backend;
  return {
    episodes,
    frames,
    attempts,
    rejects,
    wall_s: 0,
    frames_per_s: 0,
    stages: {},
    backend,
    dataset,
    fingerprint,
  };
}

function printSummary(summary: object, json: boolean | undefined): void {
  if (json) process.stdout.write(`${JSON.stringify(summary)}\n`);
}
