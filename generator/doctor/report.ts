/** What `doctor` found, for scripts and for people, and whether `gen` can run. Pure. */
import type { BackendProbe } from '../../render/backend-probe.ts';
import { formatBytes, formatCount, formatDuration } from '../../runtime/figures.ts';
import type { DrySummary } from '../dry-run.ts';
import type { Component } from './inventory.ts';
import { type Machine, MEMORY_A_WORKER_BYTES } from './machine.ts';

export interface Findings {
  components: readonly Component[];
  machine: Machine;
  /** What draws, or why nothing does. */
  backend: BackendProbe | { error: string };
  /** For `FORECAST_EPISODES` episodes with the defaults; undefined when nothing draws. */
  forecast: DrySummary['estimate'] | undefined;
}

export const FORECAST_EPISODES = 1000;

/** Names that scripts rely on. */
export interface DoctorSummary {
  ok: boolean;
  components: { name: string; version: string | null; needed: boolean; remedy?: string }[];
  backend: { name: string; renderer: string; frames_per_s: number; rejected: string[] } | null;
  machine: {
    cpu: string;
    cores: number;
    memory_bytes: number;
    memory_free_bytes: number;
    disk_free_bytes: number;
  };
  forecast: { episodes: number; frames: number; bytes: number; wall_s: number } | null;
  /** One sentence each, with its remedy; the empty list when `ok`. */
  problems: string[];
  /** Worth knowing, in nobody's way. */
  notes: string[];
}

export function summarize(findings: Findings): DoctorSummary {
  const { components, machine, backend, forecast } = findings;
  const problems = findProblems(findings);
  return {
    ok: problems.length === 0,
    components: components.map(({ name, version, needed, remedy }) =>
      version === undefined ? { name, version: null, needed, remedy } : { name, version, needed },
    ),
    backend:
      'error' in backend
        ? null
        : {
            name: backend.stack.backend,
            renderer: backend.stack.glRenderer,
            frames_per_s: backend.framesPerS,
            rejected: backend.rejected,
          },
    machine: {
      cpu: machine.cpu,
      cores: machine.cores,
      memory_bytes: machine.memoryBytes,
      memory_free_bytes: machine.memoryFreeBytes,
      disk_free_bytes: machine.diskFreeBytes,
    },
    forecast: forecast === undefined ? null : { episodes: FORECAST_EPISODES, ...forecast },
    problems,
    notes: findNotes(findings),
  };
}

function findProblems({ components, machine, backend, forecast }: Findings): string[] {
  const missing = components.filter(({ needed, version }) => needed && version === undefined);
  const problems = missing.map(({ name, remedy }) => `${name} is missing: ${remedy}`);
  const hasBrowser = components.some(({ name, version }) => name === 'chromium' && version !== undefined);
  if ('error' in backend && hasBrowser) problems.push(backend.error);
  if (forecast && forecast.bytes > machine.diskFreeBytes)
    problems.push(
      `${formatBytes(machine.diskFreeBytes)} are free in ${machine.folder}, ${FORECAST_EPISODES} episodes need ` +
        `${formatBytes(forecast.bytes)}: free some, make fewer, or name another place with --out`,
    );
  if (machine.memoryFreeBytes < MEMORY_A_WORKER_BYTES)
    problems.push(
      `${formatBytes(machine.memoryFreeBytes)} of memory are free, one worker needs ${formatBytes(MEMORY_A_WORKER_BYTES)}: ` +
        'close something',
    );
  return problems;
}

function findNotes({ components, machine, backend }: Findings): string[] {
  const absent = components.filter(({ needed, version }) => !needed && version === undefined);
  const notes = absent.map(({ name, remedy }) => `${name} is not here, gen does without: ${remedy}`);
  if (!('error' in backend)) notes.push(...backend.rejected.map((reason) => `passed over ${reason}`));
  const workers = Math.floor(machine.memoryFreeBytes / MEMORY_A_WORKER_BYTES);
  if (workers > 0 && workers < machine.cores)
    notes.push(
      `the free memory is enough for ${workers} of the ${machine.cores} default workers: use --workers ${workers}`,
    );
  return notes;
}

/** The report for people. */
export function doctorText(findings: Findings): string {
  const { components, machine, backend, forecast } = findings;
  const { ok, problems, notes } = summarize(findings);
  const rows: [string, string][] = components.map(({ name, version }) => [name, version ?? 'missing']);
  rows.push(['cpu', `${machine.cores} cores, ${machine.cpu}`]);
  rows.push([
    'memory',
    `${formatBytes(machine.memoryFreeBytes)} free of ${formatBytes(machine.memoryBytes)}`,
  ]);
  rows.push(['disk', `${formatBytes(machine.diskFreeBytes)} free in ${machine.folder}`]);
  if ('error' in backend) rows.push(['drawing', 'impossible']);
  else
    rows.push([
      'drawing',
      `${backend.stack.backend}, ${backend.framesPerS} frames/s a browser (${backend.stack.glRenderer})`,
    ]);
  if (forecast)
    rows.push([
      `${formatCount(FORECAST_EPISODES)} episodes`,
      `about ${formatDuration(forecast.wall_s)}, ${formatCount(forecast.frames)} frames, ${formatBytes(forecast.bytes)}`,
    ]);
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`);
  for (const note of notes) lines.push(`note: ${note}`);
  for (const problem of problems) lines.push(`problem: ${problem}`);
  lines.push(ok ? 'gen can run here' : 'gen cannot run here yet');
  return lines.join('\n');
}
