/** Asks everything that can be wrong before anything is rented: all at once, each with a time limit, all faults told. */
import { printableLine } from '../../../runtime/printable.ts';
import { InputError } from '../../../sim/errors.ts';

export interface Finding {
  /** fault: the run would fail. warning: it costs more, or may fail. */
  kind: 'fault' | 'warning' | 'note';
  /** One sentence: what is wrong and the command that mends it. */
  message: string;
}

export interface PreflightCheck {
  /** As a person would call it: "login", "bucket". */
  name: string;
  /** Where it is no question to a network and takes as long as it takes: no time limit. */
  isUnlimited?: boolean;
  /**
   * @param signal aborts when its time is over
   * @throws anything; the message is the fault
   */
  run(signal: AbortSignal): Promise<Finding[]>;
}

export interface CheckResult {
  name: string;
  durationMs: number;
  findings: Finding[];
}

export interface PreflightReport {
  /** In the order of the checks. */
  results: CheckResult[];
  durationMs: number;
}

export const PREFLIGHT_DEFAULTS = { limitMs: 30_000 } as const;

export const fault = (message: string): Finding => ({ kind: 'fault', message });
export const warning = (message: string): Finding => ({ kind: 'warning', message });
export const note = (message: string): Finding => ({ kind: 'note', message });

export interface PreflightOptions {
  nowMs(): number;
  /** Of each check. */
  limitMs?: number;
  onResult?(result: CheckResult): void;
}

export async function runPreflight(
  checks: readonly PreflightCheck[],
  { nowMs, limitMs = PREFLIGHT_DEFAULTS.limitMs, onResult }: PreflightOptions,
): Promise<PreflightReport> {
  const beganMs = nowMs();
  const results = await Promise.all(
    checks.map(async ({ name, run, isUnlimited }) => {
      const checkBeganMs = nowMs();
      const findings = await limited(name, run, isUnlimited ? undefined : limitMs);
      const result = { name, durationMs: nowMs() - checkBeganMs, findings };
      onResult?.(result);
      return result;
    }),
  );
  return { results, durationMs: nowMs() - beganMs };
}

async function limited(
  name: string,
  run: PreflightCheck['run'],
  limitMs: number | undefined,
): Promise<Finding[]> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<Finding[]>((resolve) => {
    if (limitMs === undefined) return;
    timer = setTimeout(() => {
      controller.abort();
      resolve([
        fault(
          `${name}: no answer within ${limitMs / 1000} s; check the network, then the same command again`,
        ),
      ]);
    }, limitMs);
  });
  try {
    return await Promise.race([run(controller.signal), tooLate]);
  } catch (error) {
    return [fault(error instanceof Error ? error.message : String(error))];
  } finally {
    clearTimeout(timer);
  }
}

export function faultsOf({ results }: PreflightReport): string[] {
  return results.flatMap(({ findings }) =>
    findings.filter(({ kind }) => kind === 'fault').map(({ message }) => message),
  );
}

/** @throws InputError with every fault; nothing was rented */
export function assertPreflight(report: PreflightReport): void {
  const faults = faultsOf(report);
  if (faults.length === 0) return;
  const count = faults.length === 1 ? 'one thing is' : `${faults.length} things are`;
  throw new InputError(
    `${count} in the way, nothing was rented:\n${faults.map((message) => `  - ${message}`).join('\n')}`,
  );
}

/** A line a check, and one a finding that is no note. */
export function preflightText({ results, durationMs }: PreflightReport): string {
  const width = Math.max(...results.map(({ name }) => name.length));
  const lines = results.flatMap(({ name, findings }) => {
    const worst = ['fault', 'warning'].find((kind) => findings.some((finding) => finding.kind === kind));
    const told = findings.filter(({ kind }) => kind === 'note').map(({ message }) => message);
    const mark = worst === 'fault' ? 'NO' : 'ok';
    const rest = findings.filter(({ kind }) => kind !== 'note');
    return [
      `  ${name.padEnd(width)}  ${mark}${told.length > 0 ? `  ${printableLine(told.join('; '))}` : ''}`,
      ...rest.map(({ kind, message }) => `  ${' '.repeat(width)}  ${kind}: ${printableLine(message)}`),
    ];
  });
  return [...lines, `  preflight: ${(durationMs / 1000).toFixed(1)} s`].join('\n');
}
