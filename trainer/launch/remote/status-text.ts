/** What `train status`, the live lines of a running command and the reports say of a run. Pure. */
import { formatCount, formatDuration } from '../../../runtime/figures.ts';
import { printableLine } from '../../../runtime/printable.ts';
import type { Report, RunStatus } from '../supervisor/status.ts';

const BAR_WIDTH = 24;
const LABEL_WIDTH = 12;

const PHASES: Readonly<Record<RunStatus['phase'], string>> = {
  looking: 'looking for a machine',
  'waiting-for-machine': 'waiting for a machine',
  booting: 'the machine boots',
  preparing: 'code, environment and dataset go to the machine',
  launching: 'starting the trainer',
  training: 'training',
  publishing: 'the last checkpoint goes to storage',
  'cleaning-up': 'cleaning up',
  ended: 'ended',
};

const CLEAN_UP: Readonly<Record<RunStatus['cleanUp'], string>> = {
  'not-begun': 'when it ends',
  'under-way': 'under way',
  done: 'done, no machine of the run is left',
  left: 'NOT done',
};

const WHY: Readonly<Record<Report['why'], string>> = {
  began: 'begun',
  resumed: 'this command looks after the run again',
  regular: 'report',
  launched: 'the trainer was started',
  down: 'the machine went down',
  restarted: 'the trainer was started again',
  outcome: 'the outcome is known',
  end: 'ended',
};

export interface StatusContext {
  nowMs: number;
  /** Of the command that looks after it; null: nobody does. */
  supervisor: string | null;
}

/** A page: a line a fact, those that nobody knows left out. */
export function statusText(status: RunStatus, { nowMs, supervisor }: StatusContext): string {
  const { machine, outcome } = status;
  const rows: [string, string | null][] = [
    ['run', status.run],
    ['phase', outcome === null ? PHASES[status.phase] : `${PHASES[status.phase]}: ${outcome.kind}`],
    ['outcome', outcome === null ? null : outcome.reason],
    ['machine', machine && machineText(machine)],
    ['progress', progressText(status)],
    ['loss', status.loss === null ? null : status.loss.toPrecision(3)],
    ['checkpoint', checkpointText(status)],
    ['gpu memory', status.gpuMemoryBytes === null ? null : `${(status.gpuMemoryBytes / 1e9).toFixed(1)} GB`],
    ['attempts', attemptsText(status)],
    ['time', `${status.hours.toFixed(1)} of ${status.maxHours} h`],
    ['cost', costText(status)],
    ['clean-up', cleanUpText(status)],
    ['storage', status.uploadFault === null ? null : `publishing fails: ${status.uploadFault}`],
    ...status.troubles.map((trouble): [string, string] => ['trouble', trouble]),
    ['watched', watchedText(status, { nowMs, supervisor })],
  ];
  return rows
    .filter((row): row is [string, string] => row[1] !== null)
    .map(([label, text]) => `${label.padEnd(LABEL_WIDTH)}${printableLine(text)}`)
    .join('\n');
}

/** training | [####----] 1,200/6,000 steps | loss 0.0423 | 9.8 steps/s | ETA 8 min | A100 in us-central1-a | $1.20 of $40 */
export function statusLine(status: RunStatus): string {
  const { machine, step, steps } = status;
  const parts = [status.outcome === null ? status.phase : `${status.phase}: ${status.outcome.kind}`];
  if (step !== null && steps !== null)
    parts.push(`${bar(step, steps)} ${formatCount(step)}/${formatCount(steps)} steps`);
  if (status.loss !== null) parts.push(`loss ${status.loss.toPrecision(3)}`);
  if (status.stepsPerS !== null) parts.push(`${status.stepsPerS.toPrecision(3)} steps/s`);
  if (status.etaS !== null) parts.push(`ETA ${formatDuration(status.etaS)}`);
  if (machine) parts.push(`${machine.gpu || machine.type} in ${machine.zone}`);
  if (status.spentUsd !== null && status.spentUsd > 0) parts.push(costText(status)!.split(',')[0]);
  if (status.troubles.length > 0) parts.push(status.troubles[0]);
  return parts.join(' | ');
}

/** One line for the terminal's scroll-back and the run's reports. */
export function reportText(report: Report): string {
  const facts = [
    progressText(report),
    report.loss === null ? null : `loss ${report.loss.toPrecision(3)}`,
    report.newestCheckpoint === null
      ? 'no checkpoint in storage yet'
      : `newest checkpoint ${formatCount(report.newestCheckpoint)}`,
    report.machine && machineText(report.machine),
    `${report.hours.toFixed(2)} h`,
    costText(report),
    ...report.troubles,
  ].filter((fact) => fact !== null);
  const what = report.outcome === null ? WHY[report.why] : `${WHY[report.why]}: ${report.outcome.kind}`;
  return `${new Date(report.atMs).toISOString().slice(11, 16)} UTC  ${what}; ${facts.join('; ')}`;
}

function machineText(machine: NonNullable<RunStatus['machine']>): string {
  const gpus = machine.gpu === '' ? machine.type : `${machine.gpus} ${machine.gpu} (${machine.type})`;
  const whose = machine.found ? ', was there before' : '';
  return `${machine.name}, ${gpus} in ${machine.zone}${machine.address ? `, ${machine.address}` : ''}${whose}`;
}

function progressText({ step, steps, stepsPerS, etaS }: RunStatus): string | null {
  if (step === null) return null;
  const of = steps === null ? '' : `/${formatCount(steps)}`;
  const parts = [`${steps === null ? '' : `${bar(step, steps)} `}${formatCount(step)}${of} steps`];
  if (stepsPerS !== null) parts.push(`${stepsPerS.toPrecision(3)} steps/s`);
  if (etaS !== null) parts.push(`ETA ${formatDuration(etaS)}`);
  return parts.join(', ');
}

function checkpointText({ newestCheckpoint, step }: RunStatus): string {
  if (newestCheckpoint === null) return 'none in storage yet';
  const behind =
    step === null || step <= newestCheckpoint ? '' : `, ${formatCount(step - newestCheckpoint)} steps ago`;
  return `step ${formatCount(newestCheckpoint)} in storage${behind}`;
}

function attemptsText({ attempt, restarts, preemptions }: RunStatus): string | null {
  if (attempt === 0) return null;
  const times = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
  return `${attempt} (${times(restarts, 'restart')}, ${times(preemptions, 'preemption')})`;
}

function costText({ spentUsd, usdPerHour, maxCostUsd }: RunStatus): string | null {
  const cap = maxCostUsd === null ? '' : ` of $${maxCostUsd.toFixed(2)}`;
  if (spentUsd === null) return `not known${cap}: the provider names no price`;
  const rate = usdPerHour ? `, $${usdPerHour.toFixed(2)} an hour now` : '';
  return `$${spentUsd.toFixed(2)}${cap}${rate}`;
}

function cleanUpText({ cleanUp, left }: RunStatus): string {
  if (cleanUp !== 'left') return CLEAN_UP[cleanUp];
  return `${CLEAN_UP.left}: ${left.join(', ')} may still cost money; \`brickyard train cleanup\` tries again`;
}

function watchedText({ atMs, outcome }: RunStatus, { nowMs, supervisor }: StatusContext): string {
  const age = formatDuration(Math.max(0, (nowMs - atMs) / 1000));
  if (supervisor !== null) return `by ${supervisor}; this is ${age} old`;
  if (outcome !== null) return `no longer; this is ${age} old`;
  return `by NOBODY for ${age}: \`brickyard train resume\` goes on, or its dead man's switch ends it`;
}

function bar(step: number, steps: number): string {
  const filled = steps === 0 ? BAR_WIDTH : Math.floor(Math.min(1, step / steps) * BAR_WIDTH);
  return `[${'#'.repeat(filled)}${'-'.repeat(BAR_WIDTH - filled)}]`;
}
