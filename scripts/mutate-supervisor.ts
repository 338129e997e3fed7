/**
 * Plants bugs in the supervisor and in what publishes checkpoints, one at a time, and lets the simulation look for
 * them: `node scripts/mutate-supervisor.ts [--only NAME] [--seeds 1500]`. One that is not found is a hole in the
 * simulation. Bugs are changes of the text of a copy, so that they stay beside the code as it is.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

interface Mutation {
  name: string;
  /** Below trainer/launch/supervisor. */
  file?: string;
  from?: string;
  to?: string;
  publisherBug?: string;
}

const MUTATIONS: readonly Mutation[] = [
  { name: 'the manifest is written before the files', publisherBug: 'manifest-first' },
  { name: 'the old checkpoints are deleted before the upload', publisherBug: 'delete-before-upload' },
  { name: "a checkpoint's files are deleted before its manifest", publisherBug: 'files-deleted-first' },
  { name: 'the best checkpoint is not kept', publisherBug: 'best-not-kept' },
  {
    name: 'failed requests are repeated at once, for ever',
    file: 'retry.ts',
    from: 'return full / 2 + (full / 2) * random.next();',
    to: 'return 0 * full * random.next();',
  },
  {
    name: 'a trainer that always dies is started for ever',
    file: 'outcome.ts',
    from: 'if (state.fruitless >= fruitlessAttempts && hasRead)',
    to: 'if (state.fruitless >= 10_000 && hasRead)',
  },
  {
    name: 'a trainer that hangs is waited for',
    file: 'decide-training.ts',
    from: "return endTrainer('hung');",
    to: 'return [];',
  },
  {
    name: 'no report while the trainer makes no step',
    file: 'run.ts',
    from: "if (dueMs <= run.nowMs) run.report('regular');",
    to: "if (dueMs <= run.nowMs && run.nowMs - (run.view.machine.stepAtMs ?? run.nowMs) < 600_000) run.report('regular'); else if (dueMs <= run.nowMs) await run.world.clock.sleep(60_000, run.ended);",
  },
  {
    name: 'the oldest checkpoint is resumed',
    file: 'decide-training.ts',
    from: 'view.checkpoints.at(-1)?.step ?? null',
    to: 'view.checkpoints.at(0)?.step ?? null',
  },
  {
    name: 'checkpoints are not listed again before a start',
    file: 'decide-training.ts',
    from: 'if (view.checkpoints === null || mayListOld || listsLess)',
    to: 'if (view.checkpoints === null)',
  },
  {
    name: 'only the machine in use is paid for',
    file: 'cost.ts',
    from: 'const machines = [...state.machines.values()].flatMap(',
    to: 'const machines = [...state.machines.values()].filter(({ name }) => name === state.current).flatMap(',
  },
  {
    name: 'nothing is kept back for the clean-up',
    file: 'outcome.ts',
    from: 'leftS(state, nowMs) <= timing.windDownS',
    to: 'leftS(state, nowMs) <= 0',
  },
  {
    name: "the dead man's limit is never renewed",
    file: 'perform-host.ts',
    from: 'await run.host(host.renew(there, deadManSNow(run.state, run.nowMs)));',
    to: 'void deadManSNow;',
  },
  {
    name: "the dead man's switch is not armed at the first boot",
    file: 'perform-cloud.ts',
    from: 'const { deadManS } = timing;',
    to: 'const deadManS = 100 * timing.deadManS;',
  },
  {
    name: 'errors are written as they come',
    file: 'supervision.ts',
    from: 'line.why = this.world.scrub(line.why) as typeof line.why;',
    to: 'line.why = String(line.why) as typeof line.why;',
  },
  {
    name: "the user's machine is left as it is",
    file: 'perform-cloud.ts',
    from: "const staysOn = run.state.plan.existingAfterwards === 'as-found' && wasOn;",
    to: 'const staysOn = key.length > 0 || wasOn;',
  },
  {
    name: 'machines of lost answers are not looked for',
    file: 'perform-cloud.ts',
    from: "for (const machine of found) if (machine.state !== 'gone') noteSwept(run, machine);",
    to: 'void found; void noteSwept;',
  },
  {
    name: 'an exit code of 0 is success, wherever the last checkpoint is',
    file: 'outcome.ts',
    from: 'if (newest >= attempt.step)',
    to: 'if (newest >= -1)',
  },
];

const COPIED = [
  'package.json',
  'sim',
  'trainer/launch',
  'test/trainer-supervisor',
  'scripts/simulate-supervisor.ts',
];
const ROOT = join(import.meta.dirname, '..');

/** What the simulation says first against it; null when it finds nothing. */
function caught(mutation: Mutation, seeds: string): string | null {
  const copy = mkdtempSync(join(tmpdir(), 'brickyard-mutant-'));
  try {
    for (const path of COPIED) cpSync(join(ROOT, path), join(copy, path), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    plant(copy, mutation);
    const args = ['scripts/simulate-supervisor.ts', '--until-failure', '--seeds', seeds];
    if (mutation.publisherBug) args.push('--publisher-bug', mutation.publisherBug);
    const { stdout, stderr, status } = spawnSync(process.execPath, args, { cwd: copy, encoding: 'utf8' });
    const found = /^seed \d+: .*/m.exec(stdout);
    if (found) return found[0].slice(0, 150);
    if (status !== 0) throw new Error(`${mutation.name}: the simulation did not run: ${stderr}`);
    return null;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function plant(copy: string, { name, file, from, to }: Mutation): void {
  if (file === undefined) return;
  const path = join(copy, 'trainer/launch/supervisor', file);
  const text = readFileSync(path, 'utf8');
  if (text.split(from!).length !== 2)
    throw new Error(`${name}: ${file} does not have its line once any more`);
  writeFileSync(path, text.replace(from!, to!));
}

const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, seeds: { type: 'string', default: '1500' } },
});
const chosen = MUTATIONS.filter(({ name }) => name.includes(values.only));
let missed = 0;
for (const mutation of chosen) {
  const found = caught(mutation, values.seeds);
  if (found === null) missed += 1;
  process.stdout.write(
    `${found === null ? 'NOT FOUND' : 'found'}: ${mutation.name}${found ? ` (${found})` : ''}\n`,
  );
}
process.stdout.write(`${chosen.length - missed} of ${chosen.length} planted bugs found\n`);
process.exitCode = missed > 0 ? 1 : 0;
