/** What is asked of a provider, and what its answers mean. */
import { CloudError, type Machine } from '../remote/ports.ts';
import type { Intent } from './intent.ts';
import { machineName, requestIdFrom } from './machine-name.ts';
import type { MachineRecord, Stray } from './state.ts';
import { isGone, messageOf, refOf, type Supervision } from './supervision.ts';
import { newMachineView } from './view.ts';

type Of<K extends Intent['do']> = Extract<Intent, { do: K }>;

/** Refused for certain: nothing was made. Others may have been carried out. */
const CERTAIN = ['stockout', 'quota', 'permission', 'credentials', 'invalid', 'busy'];
/** A login that ended and does not come back ends a run that has no machine yet. */
const LOGIN_PATIENCE_MS = 10 * 60_000;
/** A provider may show a machine as stopped for a while after it took the order to start it. */
const START_SHOWS_MS = 30_000;

/** Adopts machines whose create was never answered, and names those that nobody wants. */
export async function sweep(run: Supervision): Promise<void> {
  const askedAtMs = run.nowMs;
  let found: Machine[];
  try {
    found = await run.cloud(run.world.cloud.find(run.state.plan.labels));
  } catch (error) {
    run.failed('sweep', error);
    return;
  }
  run.succeeded('sweep');
  for (const machine of found) if (machine.state !== 'gone') noteSwept(run, machine);
  run.view.sweptAtMs = askedAtMs;
}

function noteSwept(run: Supervision, machine: Machine): void {
  const { id, name, zone, offer } = machine;
  const known = run.state.machines.get(name);
  if (known?.origin === 'found') return;
  if (known?.id === id && known.phase !== 'ended') return;
  if (known?.phase === 'creating') {
    run.record({ type: 'created', name, id, zone });
    return;
  }
  const stray = run.state.strays.get(id);
  if (stray !== undefined && !stray.ended) return;
  if (machine.state === 'stopping' && (stray !== undefined || known?.id === id)) return;
  run.record({ type: 'stray', ref: { id, name, zone }, offer: known?.offer ?? offer });
}

export async function endStray(run: Supervision, stray: Stray): Promise<void> {
  const isEnded = await deleted(run, refOf(stray), `stray ${stray.id}`);
  if (isEnded) run.record({ type: 'stray-ended', id: stray.id });
}

/** Whether it is seen to be gone; counts a failure under `key` otherwise. */
async function deleted(run: Supervision, ref: ReturnType<typeof refOf>, key: string): Promise<boolean> {
  const { cloud } = run.world;
  try {
    await run.cloud(cloud.delete(ref));
    if (isGone(await run.cloud(cloud.describe(ref)))) {
      run.succeeded(key);
      return true;
    }
    run.failed(key, new Error(`${ref.name} is being deleted`));
  } catch (error) {
    if (error instanceof CloudError && error.fault === 'not-found') return true;
    run.failed(key, error);
  }
  return false;
}

export async function listOffers(run: Supervision): Promise<void> {
  try {
    run.view.offers = await run.cloud(run.world.cloud.offers());
    run.view.offersAtMs = run.nowMs;
    run.succeeded('offers');
  } catch (error) {
    giveUpOnLogin(run, 'offers', error);
  }
}

export async function lookAtExisting(run: Supervision): Promise<void> {
  const ref = run.state.plan.existing!;
  try {
    const machine = await run.cloud(run.world.cloud.describe(ref));
    run.succeeded('existing');
    if (isGone(machine)) run.view.fatal = `there is no machine ${ref.name} in ${ref.zone}`;
    else if (run.state.plan.maxCostUsd !== null && machine!.offer.pricePerHourUsd === null)
      run.view.fatal = `--max-cost cannot be kept, as nobody says what ${ref.name} costs: leave it out, or name the price`;
    else {
      run.record({ type: 'found', ref, state: machine!.state, offer: machine!.offer });
      run.view.machine = newMachineView(ref.name); // what was seen of it before it was let go counts no more
    }
  } catch (error) {
    giveUpOnLogin(run, 'existing', error);
  }
}

export async function create(run: Supervision, { offer, maxRunS }: Of<'create'>): Promise<void> {
  const { state, world } = run;
  const name = machineName(state.plan.runId, state.machines.size + 1);
  const requestId = requestIdFrom(world.random);
  run.record({ type: 'creating', name, offer, requestId, maxRunS });
  const { labels, publicKey, timing } = state.plan;
  const { deadManS } = timing;
  try {
    const made = await run.cloud(
      world.cloud.create({ offer, name, labels, requestId, maxRunS, deadManS, publicKey }),
    );
    run.record({ type: 'created', name, id: made.id, zone: made.zone });
    run.succeeded('create');
  } catch (error) {
    const fault = error instanceof CloudError ? error.fault : 'transient';
    if (!CERTAIN.includes(fault)) {
      run.failed(`create ${name}`, error);
      return;
    }
    const scope = (error as CloudError).scope;
    run.record({ type: 'not-created', name, fault, scope, why: messageOf(error) });
    const hopeless = fault === 'permission' || (fault === 'quota' && scope === 'everywhere');
    if (hopeless && state.attempt === null) run.view.fatal = messageOf(error);
    else if (fault !== 'stockout') giveUpOnLogin(run, 'create', error);
  }
}

/** A create whose answer is not known: it is there, or, once it would have to be, it is not. */
export async function settleCreate(run: Supervision, machine: MachineRecord): Promise<void> {
  const { name } = machine;
  const key = `create ${name}`;
  const isSettled = run.nowMs - machine.askedAtMs > run.state.plan.timing.settleS * 1000;
  try {
    const found = await run.cloud(run.world.cloud.find(run.state.plan.labels));
    const mine = found.find((one) => one.name === name && one.state !== 'gone');
    if (mine !== undefined) run.record({ type: 'created', name, id: mine.id, zone: mine.zone });
    else if (isSettled) {
      const why = 'the request to create it was never answered, and it is not there';
      run.record({ type: 'not-created', name, fault: 'transient', scope: 'zone', why });
      run.failed('create', new Error(why));
    } else {
      run.failed(key, new Error(`whether ${name} was made is not known yet`));
      return;
    }
    run.succeeded(key);
  } catch (error) {
    run.failed(key, error);
  }
}

export async function describe(run: Supervision, machine: MachineRecord): Promise<void> {
  const sees = run.sees(machine);
  try {
    sees.described = await run.cloud(run.world.cloud.describe(refOf(machine)));
    sees.describedAtMs = run.nowMs;
    run.succeeded('describe');
  } catch (error) {
    run.failed('describe', error);
    return;
  }
  notePower(run, machine, sees.described);
}

/** What a provider says of a machine, against what is remembered of it. */
function notePower(run: Supervision, record: MachineRecord, machine: Machine | null): void {
  const { name, power } = record;
  const sinceAskedMs = run.nowMs - record.askedAtMs;
  const down = (gone: boolean): void => {
    if (run.view.job?.machine === name) run.view.job = null;
    run.sees(record).unreachableSinceMs = null;
    Object.assign(run.sees(record), { status: null, seenAtMs: null });
    run.record({ type: 'down', name, gone, preempted: machine?.preempted ?? false });
    run.report('down');
  };
  if (isGone(machine)) {
    const mayNotShowYet = power === 'asked' && sinceAskedMs < run.state.plan.timing.settleS * 1000;
    if (!mayNotShowYet && power !== 'gone') down(true);
    return;
  }
  switch (machine!.state) {
    case 'running':
      if (power !== 'on') run.record({ type: 'running', name });
      break;
    case 'stopping':
    case 'stopped':
      if (power === 'on' || (power === 'asked' && sinceAskedMs > START_SHOWS_MS)) down(false);
      break;
    case 'starting':
      if (power === 'on') down(false); // it was down, between two looks
      if (power !== 'asked') run.record({ type: 'starting', name });
      break;
    case 'failed':
      if (power === 'on') down(true);
  }
}

export async function start(run: Supervision, machine: MachineRecord): Promise<void> {
  const { name } = machine;
  run.record({ type: 'starting', name });
  try {
    await run.cloud(run.world.cloud.start(refOf(machine)));
    run.succeeded('start');
  } catch (error) {
    const fault = error instanceof CloudError ? error.fault : 'transient';
    run.failed('start', error);
    if (fault === 'stockout' || fault === 'quota' || fault === 'busy')
      run.record({ type: 'start-refused', name, fault, why: messageOf(error) });
    else if (fault === 'not-found') run.record({ type: 'down', name, gone: true, preempted: false });
    else if (fault === 'permission' || fault === 'invalid') run.view.fatal = messageOf(error);
    // Otherwise it may have been carried out: the next look says.
  }
}

export function retire(run: Supervision, { machine, why }: Of<'retire'>): void {
  const { name } = machine;
  if (run.view.job?.machine === name) run.view.job = null;
  for (const key of ['launch', 'kill', 'observe', 'describe', 'prepare']) run.succeeded(key); // of this machine
  run.record({ type: 'ending-machine', name, why });
}

export async function endMachine(run: Supervision, machine: MachineRecord): Promise<void> {
  const { name, origin } = machine;
  const isEnded =
    origin === 'found' ? await stopped(run, machine) : await deleted(run, refOf(machine), `end ${name}`);
  if (isEnded) run.record({ type: 'ended-machine', name });
}

/** The user's own: left as agreed. */
async function stopped(run: Supervision, machine: MachineRecord): Promise<boolean> {
  const key = `end ${machine.name}`;
  const ref = refOf(machine);
  const wasOn = machine.foundState === 'running' || machine.foundState === 'starting';
  const staysOn = run.state.plan.existingAfterwards === 'as-found' && wasOn;
  // Let go only to be taken again: the next attempt ends what still runs.
  if (staysOn && run.state.outcome === null) return true;
  try {
    const before = await run.cloud(run.world.cloud.describe(ref));
    if (isGone(before) || before!.state === 'stopped') return true;
    if (staysOn) {
      const { attempt } = run.state;
      const mayRun = attempt?.machine === machine.name && attempt.exitCode === null;
      if (mayRun) await run.host(run.world.host.kill(before!));
      return true;
    }
    await run.cloud(run.world.cloud.stop(ref));
    const now = await run.cloud(run.world.cloud.describe(ref));
    if (isGone(now) || now!.state === 'stopped') {
      run.succeeded(key);
      return true;
    }
    run.failed(key, new Error(`${ref.name} is being stopped`));
  } catch (error) {
    if (error instanceof CloudError && error.fault === 'not-found') return true;
    run.failed(key, error);
  }
  return false;
}

/** Counts the failure; without a machine, a login that stays away is the end. */
function giveUpOnLogin(run: Supervision, key: string, error: unknown): void {
  run.failed(key, error);
  if (!(error instanceof CloudError)) return;
  const isOver = run.nowMs - run.view.retries.get(key)!.sinceMs > LOGIN_PATIENCE_MS;
  if (error.fault === 'permission' || (error.fault === 'credentials' && isOver))
    run.view.fatal = messageOf(error);
}
