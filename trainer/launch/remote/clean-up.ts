/** `train cleanup`: what runs left at a provider, found by label, is ended; what somebody looks after is not touched. */

import { join } from 'node:path';
import { NegativeResult } from '../../../sim/errors.ts';
import { readStatus } from '../supervisor/journal.ts';
import { SYSTEM_CLOCK } from '../supervisor/system-clock.ts';
import type { Cloud, Machine } from './ports.ts';
import { remoteRuns } from './run-id.ts';
import { openMachines, type RunMachines } from './run-machines.ts';
import { type RunPlan, readRunPlan } from './run-plan.ts';
import { OWN_LABEL, RUN_LABEL } from './supervisor-plan.ts';
import { supervisorOf } from './supervisor-process.ts';
import type { RemoteContext } from './train-remotely.ts';

export interface CleanUpOptions {
  all?: boolean;
  dryRun?: boolean;
  json?: boolean;
}

export interface Found {
  machine: Machine;
  run: string;
  /** Why it is left alone; null: it is ended. */
  spared: string | null;
}

/** @throws NegativeResult when something could not be ended */
export async function cleanUp(options: CleanUpOptions, context: RemoteContext): Promise<void> {
  const { runs, say } = context;
  const accounts = await openAccounts(runs, context);
  const ended: string[] = [];
  const left: string[] = [];
  try {
    for (const { cloud, runIds } of accounts) {
      const found = await findMachines(cloud, runIds, runs, options.all ?? false).catch((error: Error) => {
        // Another account's machines cost money as well.
        say(error.message);
        left.push(`what ${cloud.name} holds`);
        return [];
      });
      for (const { machine, run, spared } of found) {
        const what = `${machine.name} in ${machine.zone} of run ${run}`;
        if (spared !== null) say(`${what} stays: ${spared}`);
        else if (options.dryRun) say(`${what} would be ended`);
        else if (await isEnded(cloud, machine, say)) ended.push(machine.name);
        else left.push(machine.name);
      }
    }
  } finally {
    for (const { machines } of accounts) machines.close();
  }
  if (!options.dryRun) say(ended.length === 0 ? 'nothing was left' : `ended: ${ended.join(', ')}`);
  if (options.json) process.stdout.write(`${JSON.stringify({ ended, left })}\n`);
  if (left.length > 0)
    throw new NegativeResult(`${left.join(', ')} could not be ended and may still cost money`);
}

interface Account {
  cloud: Cloud;
  machines: RunMachines;
  /** Runs of it that are known here. */
  runIds: string[];
}

/** One a provider's account, by way of the newest run there. */
async function openAccounts(runs: string, { secrets, say }: RemoteContext): Promise<Account[]> {
  const byAccount = new Map<string, { plan: RunPlan; folder: string; runIds: string[] }>();
  for (const id of remoteRuns(runs)) {
    const folder = join(runs, id);
    const plan = readRunPlan(folder);
    const { place } = plan;
    if (place.name === 'ssh') continue; // nothing of it was made by a run
    const account = place.name === 'gcp' ? `gcp ${place.project}` : 'verda';
    const runIds = [...(byAccount.get(account)?.runIds ?? []), id];
    byAccount.set(account, { plan, folder, runIds });
  }
  if (byAccount.size === 0) say(`${runs} has no run that rented a machine`);
  return Promise.all(
    [...byAccount.values()].map(async ({ plan, folder, runIds }) => {
      const machines = await openMachines({ plan, folder, secrets, clock: SYSTEM_CLOCK, say });
      return { cloud: machines.cloud, machines, runIds };
    }),
  );
}

async function findMachines(cloud: Cloud, runIds: string[], runs: string, all: boolean): Promise<Found[]> {
  const found = new Map<string, Found>();
  // By each run too: what an evicted machine of Verda leaves has no label but its name.
  const searches = [OWN_LABEL, ...runIds.map((id) => ({ ...OWN_LABEL, [RUN_LABEL]: id }))];
  for (const labels of searches)
    for (const machine of await cloud.find(labels)) {
      if (machine.state === 'gone') continue;
      const run = machine.labels[RUN_LABEL] ?? 'unknown';
      found.set(machine.id, { machine, run, spared: sparedBecause(run, runIds, runs, all) });
    }
  return [...found.values()];
}

function sparedBecause(run: string, runIds: string[], runs: string, all: boolean): string | null {
  if (!runIds.includes(run)) return all ? null : 'it is not of a run that is known here; --all ends it too';
  const supervisor = supervisorOf(join(runs, run));
  if (supervisor) return `${supervisor.text} looks after it`;
  const status = readStatus(join(runs, run));
  if (status?.outcome || all) return null;
  return `the run has not ended; \`brickyard train stop ${run}\` ends it in order, --all at once`;
}

async function isEnded(cloud: Cloud, machine: Machine, say: (text: string) => void): Promise<boolean> {
  try {
    await cloud.delete(machine);
    const after = await cloud.describe(machine);
    if (after === null || after.state === 'gone' || after.state === 'stopping') return true;
    say(`${machine.name} is ${after.state} although it was deleted`);
    return false;
  } catch (error) {
    say(`${machine.name}: ${(error as Error).message}`);
    return false;
  }
}
