/** From what the user asked and what stands in --out to the state a loop begins or goes on with. */

import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeVersion } from '../runtime/code-version.ts';
import { packageVersion } from '../runtime/package-version.ts';
import { readRegularSync } from '../runtime/regular-file.ts';
import { isTemporaryName } from '../runtime/temporary-name.ts';
import { userFolder } from '../runtime/user-path.ts';
import { selectedTask } from '../scenarios/tasks.ts';
import { DEFAULT_TASK } from '../sim/engine/task-registry.ts';
import { InputError, throwFaults } from '../sim/errors.ts';
import { DEFAULT_PROVIDER } from '../trainer/launch/provider.ts';
import { makeRunId } from '../trainer/launch/remote/run-id.ts';
import { coresBeside } from './elsewhere.ts';
import {
  assertAims,
  assertReachable,
  DEFAULT_CONTENT,
  DEFAULT_LIMITS,
  type GivenSettings,
} from './options.ts';
import type { LoopContent, LoopMachine } from './settings.ts';
import { type LoopState, readState, STATE_FILE } from './state.ts';

/** Seconds of active time, written now and then: a killed loop knows by it how long it had lasted. */
export const HEARTBEAT_FILE = 'elapsed';

/** As typed; what is left out stays as it was. */
export interface GivenMachine {
  cores: number;
  /** Whether data may be made beside trainings. */
  overlap: boolean;
  provider?: string;
  settings?: string;
}

/**
 * Reads only. Throws InputError when the folder and the request do not fit.
 * @param layout of the state, where none is named: the task's first
 */
export function openLoop(
  out: string,
  given: GivenSettings,
  typed: GivenMachine,
  command: string,
  layout: string = DEFAULT_CONTENT.state,
): LoopState {
  const stored = readState(join(out, STATE_FILE));
  const machine = machineOf(typed, stored?.machine);
  if (stored) return goingOn(out, stored, given, machine);
  assertFree(out);
  const now = new Date();
  const state: LoopState = {
    format: 1,
    content: {
      ...DEFAULT_CONTENT,
      ...(selectedTask() === DEFAULT_TASK ? {} : { taskName: selectedTask() }),
      ...{ state: layout, ...defined(given.content) },
    },
    limits: { ...DEFAULT_LIMITS, ...defined(given.limits) },
    machine,
    madeWith: {
      command,
      ...placeOf(now),
      started: now.toISOString().slice(0, 19).concat('Z'),
      brickyard: packageVersion(),
      code: codeVersion('gen'),
      node: process.version,
      cores: String(machine.cores),
    },
    elapsedS: 0,
    stages: [],
    ending: null,
  };
  assertReachable(state.content, state.limits);
  assertAims(state.content);
  return state;
}

/** Where a training elsewhere looks for what it needs, whichever folder the loop is gone on with from, and its name there. */
const placeOf = (now: Date): { folder: string; id: string } => ({
  folder: userFolder(),
  id: makeRunId(now, Math.random),
});

function machineOf({ cores, overlap, provider, settings }: GivenMachine, before?: LoopMachine): LoopMachine {
  const machine = {
    ...{ cores, provider: provider ?? before?.provider ?? DEFAULT_PROVIDER },
    settings: settings ?? before?.settings ?? null,
  };
  return { ...machine, overlap: overlap && coresBeside(machine) > 0 };
}

function assertFree(out: string): void {
  if (!existsSync(out)) return;
  const names = readdirSync(out).filter(
    (name) => name !== 'lock' && name !== HEARTBEAT_FILE && !isTemporaryName(name),
  );
  if (names.length > 0)
    throw new InputError(
      `--out ${out} holds something that is no loop (${names.slice(0, 3).join(', ')}); name another folder`,
    );
}

function goingOn(out: string, stored: LoopState, given: GivenSettings, machine: LoopMachine): LoopState {
  const taskName = stored.content.taskName ?? DEFAULT_TASK;
  if (taskName !== selectedTask())
    throw new InputError(
      `the loop in ${out} is of the task ${taskName}, not of ${selectedTask()}; give --task ${taskName}, or the folder of that task`,
    );
  const faults = Object.entries(defined(given.content)).flatMap(([key, value]) => {
    const began = stored.content[key as keyof LoopContent];
    if (JSON.stringify(began) === JSON.stringify(value)) return [];
    return [`${key} was ${JSON.stringify(began)} when it began, now ${JSON.stringify(value)}`];
  });
  throwFaults(
    `the loop in ${out}`,
    faults.map((fault) => `${fault}; leave the option out, or begin another loop in another --out`),
  );
  const limits = { ...stored.limits, ...defined(given.limits) };
  assertReachable(stored.content, limits);
  const same = JSON.stringify(limits) === JSON.stringify(stored.limits);
  const elapsedS = Math.max(stored.elapsedS, heartbeat(out));
  const stages = stored.stages.map((record) => ({
    ...record,
    spans: record.spans.map(({ fromS, toS }) => ({ fromS, toS: toS ?? Math.max(fromS, elapsedS) })),
  }));
  const madeWith = { ...placeOf(new Date()), ...stored.madeWith };
  return { ...stored, limits, machine, madeWith, elapsedS, stages, ending: same ? stored.ending : null };
}

function heartbeat(out: string): number {
  const path = join(out, HEARTBEAT_FILE);
  const elapsedS = existsSync(path) ? Number(readRegularSync(path).toString('utf8')) : 0;
  return Number.isFinite(elapsedS) ? elapsedS : 0;
}

/** Torn or lost, it costs some seconds of the account. */
export function beat(out: string, elapsedS: number): void {
  try {
    writeFileSync(join(out, HEARTBEAT_FILE), elapsedS.toFixed(1));
  } catch {
    // a full disk shows where it matters
  }
}

function defined<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}
