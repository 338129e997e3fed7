/** Takes one line of the journal into the state. */
import type { EndingReason, JournalLine } from './journal-line.ts';
import { type Block, type MachineRecord, offerKey, regionOf, type SupervisorState } from './state.ts';

/** A place out of stock is asked again after this, then after twice as long, up to the longest. */
const STOCKOUT_S = 300;
const LONGEST_STOCKOUT_S = 3600;
/** Quota is not stock: it comes back when something else of the account ends. */
const QUOTA_S = 1800;
const ODD_S = 600;

/** Ends that say something of the training or its machine, not of the market. */
const COUNTS_AS_FRUITLESS: readonly EndingReason[] = ['unreachable', 'setup', 'failed'];

export function applyLine(state: SupervisorState, line: JournalLine): void {
  const { atMs } = line;
  const machine = 'name' in line ? state.machines.get(line.name) : undefined;
  switch (line.type) {
    case 'supervising':
      state.supervisors += 1;
      state.supervisingAtMs = atMs;
      break;
    case 'creating':
      state.machines.set(line.name, newMachine(line, atMs));
      state.current = line.name;
      break;
    case 'created':
      if (machine?.phase === 'creating') {
        Object.assign(machine, { id: line.id, zone: line.zone, phase: 'made' });
      }
      break;
    case 'not-created':
      if (machine) noteRefusal(state, machine, line);
      break;
    case 'found':
      noteFound(state, line);
      break;
    case 'starting':
      if (machine) {
        setPower(machine, 'asked', atMs);
        machine.askedAtMs = atMs;
      }
      break;
    case 'start-refused':
      if (machine) {
        setPower(machine, 'off', atMs);
        if (line.fault !== 'busy') machine.refusedStarts += 1;
      }
      break;
    case 'running':
      if (machine) {
        setPower(machine, 'on', atMs);
        machine.refusedStarts = 0;
        state.refusals.delete(offerKey(machine.offer));
      }
      break;
    case 'down':
      if (machine) {
        setPower(machine, line.gone ? 'gone' : 'off', atMs);
        machine.prepared = false; // what is still there is not sent again
        endAttemptOn(state, machine.name, atMs);
        if (line.preempted) state.preemptions += 1;
      }
      break;
    case 'prepared':
      if (machine) machine.prepared = true;
      break;
    case 'ending-machine':
      if (machine) {
        machine.phase = 'ending';
        machine.endingWhy = line.why;
        endAttemptOn(state, machine.name, atMs);
        // A place whose machines do not boot is as good as out of stock.
        if (line.why === 'boot' || line.why === 'failed') blockOffer(state, machine, atMs);
        if (COUNTS_AS_FRUITLESS.includes(line.why)) state.fruitless += 1;
      }
      break;
    case 'ended-machine':
      if (machine) endMachine(state, machine, atMs);
      break;
    default:
      applyTrainingLine(state, line);
  }
}

function applyTrainingLine(state: SupervisorState, line: JournalLine): void {
  const { atMs } = line;
  switch (line.type) {
    case 'launching':
      if (state.attempt?.number === line.attempt) break;
      if (state.attempt !== null) state.restarts += 1;
      state.attempt = {
        number: line.attempt,
        machine: line.name,
        resumeStep: line.resumeStep,
        announcedAtMs: atMs,
        launched: false,
        end: null,
        endedAtMs: null,
        exitCode: null,
        failure: null,
        step: line.resumeStep ?? 0,
        checkpointBefore: state.newestCheckpoint,
      };
      break;
    case 'launched':
      if (state.attempt?.number === line.attempt) state.attempt.launched = true;
      break;
    case 'checkpoint':
      if (state.newestCheckpoint === null || line.step > state.newestCheckpoint) state.fruitless = 0;
      state.newestCheckpoint = line.step;
      break;
    case 'attempt-ended': {
      const { attempt } = state;
      if (attempt?.number !== line.attempt || attempt.end !== null) break;
      const { end, exitCode, step, failure = null } = line;
      Object.assign(attempt, { end, exitCode, step, failure, endedAtMs: atMs });
      const asked = exitCode === 0 || exitCode === 130 || exitCode === 143;
      if (!(end === 'exit' && asked) && state.newestCheckpoint === attempt.checkpointBefore)
        state.fruitless += 1;
      break;
    }
    case 'attempt-unpublished':
      if (state.attempt?.number === line.attempt) state.attempt.end = 'unpublished';
      state.fruitless += 1;
      break;
    case 'stray': {
      const { id, name, zone } = line.ref;
      const paid = { fromMs: atMs, toMs: null };
      state.strays.set(id, { id, name, zone, ended: false, offer: line.offer, paid });
      break;
    }
    case 'stray-ended': {
      const stray = state.strays.get(line.id);
      if (stray) Object.assign(stray, { ended: true, paid: { ...stray.paid, toMs: atMs } });
      break;
    }
    case 'outputs':
      state.outputsTried = true;
      break;
    case 'reported':
      state.reportedAtMs = atMs;
      break;
    case 'outcome':
      state.outcome = line.outcome;
      state.outcomeAtMs = atMs;
      break;
    case 'reopened':
      reopen(state, line);
      break;
    case 'cleaned':
      state.left = line.left;
  }
}

/** What the journal knows of machines stays: what could not be ended then is ended now. */
function reopen(state: SupervisorState, { plan, atMs }: JournalLine & { type: 'reopened' }): void {
  const { attempt } = state;
  Object.assign(state, { plan, plannedAtMs: atMs, fruitless: 0, blocks: [], refusals: new Map() });
  Object.assign(state, { outcome: null, outcomeAtMs: null, outputsTried: false, left: null });
  if (attempt !== null && !(attempt.end === 'exit' && attempt.exitCode === 0))
    Object.assign(attempt, { end: 'machine', endedAtMs: atMs });
}

function newMachine(line: JournalLine & { type: 'creating' }, atMs: number): MachineRecord {
  const { name, offer, requestId, maxRunS } = line;
  return {
    name,
    zone: offer.zone,
    id: null,
    origin: 'created',
    foundState: null,
    offer,
    requestId,
    maxRunS,
    phase: 'creating',
    askedAtMs: atMs,
    power: 'asked',
    powerAtMs: atMs,
    prepared: false,
    refusedStarts: 0,
    endingWhy: null,
    endedAtMs: null,
    paid: [{ fromMs: atMs, toMs: null }],
  };
}

/** A machine that is found again, after it was let go, was in the state that it was found in first. */
function noteFound(state: SupervisorState, line: JournalLine & { type: 'found' }): void {
  const { ref, offer, atMs } = line;
  const before = state.machines.get(ref.name);
  const isOn = line.state === 'running' || line.state === 'starting';
  state.machines.set(ref.name, {
    ...newMachine({ type: 'creating', name: ref.name, offer, requestId: '', maxRunS: 0, atMs }, atMs),
    id: ref.id,
    zone: ref.zone,
    origin: 'found',
    foundState: before?.foundState ?? line.state,
    requestId: null,
    phase: 'made',
    power: line.state === 'running' ? 'on' : isOn ? 'asked' : 'off',
    paid: [...(before?.paid ?? []), ...(isOn ? [{ fromMs: atMs, toMs: null }] : [])],
  });
  state.current = ref.name;
}

function setPower(machine: MachineRecord, power: MachineRecord['power'], atMs: number): void {
  const isPaid = power === 'asked' || power === 'on';
  const open = machine.paid.at(-1)?.toMs === null;
  if (isPaid && !open) machine.paid.push({ fromMs: atMs, toMs: null });
  if (!isPaid && open) machine.paid.at(-1)!.toMs = atMs;
  machine.power = power;
  machine.powerAtMs = atMs;
}

function endAttemptOn(state: SupervisorState, name: string, atMs: number): void {
  const { attempt } = state;
  if (attempt === null || attempt.machine !== name) return;
  // One that ended well but whose last checkpoint was still on its way has to be finished elsewhere.
  if (attempt.end !== null && !(attempt.end === 'exit' && attempt.exitCode === 0)) return;
  if (state.outcome !== null) return;
  Object.assign(attempt, { end: 'machine', endedAtMs: atMs });
}

function endMachine(state: SupervisorState, machine: MachineRecord, atMs: number): void {
  const keepsRunning = machine.origin === 'found' && machine.power === 'on';
  setPower(machine, machine.origin === 'found' ? 'off' : 'gone', atMs);
  if (keepsRunning) machine.power = 'on';
  Object.assign(machine, { phase: 'ended', endedAtMs: atMs });
  if (state.current === machine.name) state.current = null;
}

function noteRefusal(
  state: SupervisorState,
  machine: MachineRecord,
  { fault, scope, atMs }: Pick<JournalLine & { type: 'not-created' }, 'fault' | 'scope' | 'atMs'>,
): void {
  endMachine(state, machine, atMs);
  const { zone } = machine.offer;
  const block = (scope: Block['scope'], key: string, durationS: number): void =>
    void state.blocks.push({ scope, key, untilMs: atMs + durationS * 1000 });
  if (fault === 'stockout') blockOffer(state, machine, atMs);
  else if (fault === 'quota' && scope === 'everywhere') block('everywhere', '', QUOTA_S);
  else if (fault === 'quota') block('region', regionOf(zone), QUOTA_S);
  else if (fault === 'invalid') block('offer', offerKey(machine.offer), Number.POSITIVE_INFINITY);
  else if (fault === 'busy') block('zone', zone, ODD_S);
}

/** For twice as long with each time in a row. */
function blockOffer(state: SupervisorState, { offer }: MachineRecord, atMs: number): void {
  const key = offerKey(offer);
  const times = (state.refusals.get(key) ?? 0) + 1;
  state.refusals.set(key, times);
  const durationS = Math.min(STOCKOUT_S * 2 ** (times - 1), LONGEST_STOCKOUT_S);
  state.blocks = state.blocks.filter(({ untilMs }) => untilMs > atMs);
  state.blocks.push({ scope: 'offer', key, untilMs: atMs + durationS * 1000 });
}
