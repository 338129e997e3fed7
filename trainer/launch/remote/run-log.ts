/** `train logs`: the trainer's log from the machine, while it has one, else as it was brought home. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { InputError } from '../../../sim/errors.ts';
import { readState } from '../supervisor/journal.ts';
import { currentMachine } from '../supervisor/state.ts';
import { refOf } from '../supervisor/supervision.ts';
import { SYSTEM_CLOCK } from '../supervisor/system-clock.ts';
import { lastLines } from './log-text.ts';
import { CloudError, HostError, type Machine } from './ports.ts';
import { openMachines, type RunMachines } from './run-machines.ts';
import { readRunPlan } from './run-plan.ts';
import { outputsFolder } from './supervisor-plan.ts';
import type { RemoteContext } from './train-remotely.ts';

export interface LogOptions {
  lines: number;
  follow: boolean;
}

const POLL_MS = 2000;
const LOG = 'train.log';

export async function showLog(folder: string, options: LogOptions, context: RemoteContext): Promise<void> {
  const state = readState(folder);
  const machine = state.left === null ? currentMachine(state) : null;
  if (machine === null) return showKept(folder, options, context);
  const plan = readRunPlan(folder);
  const { secrets } = context;
  const machines = await openMachines({ plan, folder, secrets, clock: SYSTEM_CLOCK, say: () => {} });
  try {
    const there = await machines.cloud.describe(refOf(machine));
    if (there === null || there.state !== 'running') return showKept(folder, options, context);
    await showMachines(machines, there, options, context);
  } catch (error) {
    if (!(error instanceof HostError || error instanceof CloudError)) throw error;
    throw new InputError(`the log cannot be read from ${machine.name}: ${error.message}`);
  } finally {
    machines.close();
  }
}

/** A progress bar redraws its line by a bare carriage return: in a log each state of it is a line. */
const showText = (text: string): void => void process.stdout.write(text.replace(/\r\n?/g, '\n'));

async function showMachines(
  { host }: RunMachines,
  machine: Machine,
  { lines, follow }: LogOptions,
  { scrubber }: RemoteContext,
): Promise<void> {
  const stream = scrubber.stream(showText);
  let nextByte = 0;
  let text = '';
  for (;;) {
    const part = await host.log(machine, nextByte);
    const isEnd = part.nextByte === nextByte;
    nextByte = part.nextByte;
    text += part.text;
    if (isEnd) break;
    // Only its end is shown.
    text = text.slice(-4 * 2 ** 20);
  }
  stream.write(lastLines(text, lines));
  while (follow) {
    await sleep(POLL_MS);
    const part = await host.log(machine, nextByte);
    nextByte = part.nextByte;
    stream.write(part.text);
  }
  stream.end();
}

function showKept(folder: string, { lines }: LogOptions, { scrubber }: RemoteContext): void {
  const path = join(outputsFolder(folder), LOG);
  if (!existsSync(path))
    throw new InputError(`${folder} has no log yet: no trainer was started, or nothing was brought home`);
  const stream = scrubber.stream(showText);
  stream.write(lastLines(readFileSync(path, 'utf8'), lines));
  stream.end();
}
