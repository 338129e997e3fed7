/** Looks around: what is installed, what draws, what a run would take. */
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseBackend } from '../../render/backend-probe.ts';
import { userFolder } from '../../runtime/user-path.ts';
import { type DrySummary, dryRun } from '../dry-run.ts';
import { prepareRun } from '../prepare.ts';
import { parseGenOptions } from '../settings.ts';
import { takeInventory } from './inventory.ts';
import { describeMachine } from './machine.ts';
import { type Findings, FORECAST_EPISODES } from './report.ts';

/** What cannot be found out is told in the findings, never thrown. */
export async function examine(): Promise<Findings> {
  const components = await takeInventory();
  const machine = describeMachine(userFolder());
  try {
    const backend = await chooseBackend();
    return { components, machine, backend, forecast: await forecast() };
  } catch (error) {
    return { components, machine, backend: { error: (error as Error).message }, forecast: undefined };
  }
}

/** What a run with the defaults would take; nothing is written. Undefined when no start tried was solved. */
async function forecast(): Promise<DrySummary['estimate'] | undefined> {
  const cores = availableParallelism();
  const given = { episodes: String(FORECAST_EPISODES) };
  const parsed = parseGenOptions(given, { cores, scenarioCount: () => 0 });
  const prepared = await prepareRun({
    parsed,
    given,
    cwd: userFolder(),
    out: join(tmpdir(), `brickyard-doctor-${process.pid}`),
    append: false,
    resume: false,
    command: 'brickyard doctor',
  });
  if (prepared.kind !== 'run') throw new Error('the forecast found a dataset where there is none');
  const { backend, workers } = parsed;
  const { estimate } = await dryRun(prepared.run, { workers, backend, say: () => {} });
  return estimate.frames > 0 ? estimate : undefined;
}
