/** The plan of a run in its storage, so that another machine can go on with it: PREFIX/plan.json. */
import { InputError } from '../../../sim/errors.ts';
import { type ObjectStore, readTextIfThere } from '../storage/object-store.ts';
import { openStore } from '../storage/open-store.ts';
import { parseRunPlan, type RunPlan } from './run-plan.ts';

const PLAN = 'plan.json';

/** @param store at the run's prefix */
export async function storePlan(store: ObjectStore, plan: RunPlan): Promise<void> {
  await store.write(PLAN, Buffer.from(`${JSON.stringify(plan, null, 2)}\n`));
}

/** @throws InputError when no run was kept there */
export async function planOfStoredRun(url: string, hubToken: string | undefined): Promise<RunPlan> {
  const store = openStore(url.replace(/\/+$/, ''), { subject: 'the run', hubToken });
  const text = await readTextIfThere(store, PLAN);
  if (text === undefined)
    throw new InputError(`${url} is no run: it has no ${PLAN}; a run is --out's URL and its id`);
  const where = `${url}/${PLAN}`;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new InputError(`${where} is no JSON; start a new run with train`);
  }
  return parseRunPlan(json, where);
}
