/** One life of a supervisor: its state, what it sees, and the ways in which both change. */
import type { Failure } from '../../../runtime/failure.ts';
import { CloudError, HostError, type Machine, type MachineRef, StoreError } from '../remote/ports.ts';
import { applyLine } from './apply-line.ts';
import type { LineBody } from './journal-line.ts';
import { type MachineRecord, replay, type SupervisorState } from './state.ts';
import { type Report, runStatus } from './status.ts';
import { newMachineView, newView, type View } from './view.ts';
import type { World } from './world.ts';

/** Without a reason of its own, an abort makes an exception each time: 7 % of a simulation. */
const ANSWERED = 'answered';

export class Supervision {
  readonly world: World;
  readonly state: SupervisorState;
  readonly view: View;
  readonly #ended = new AbortController();
  #wake = new AbortController();

  constructor(world: World) {
    this.world = world;
    this.state = replay(world.journal.lines, applyLine);
    this.view = newView(world.random);
    const onStop = (): void => {
      this.view.isStopAsked = true;
      this.wake();
    };
    if (world.stop.aborted) this.view.isStopAsked = true;
    else world.stop.addEventListener('abort', onStop, { once: true });
  }

  /** Of what runs beside the loop; the loop throws it. */
  broken: { error: unknown } | null = null;

  breakWith(error: unknown): void {
    this.broken ??= { error };
    this.wake();
  }

  get nowMs(): number {
    return this.world.clock.nowMs();
  }

  /** Aborted when this life is over. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  end(): void {
    this.#ended.abort(ANSWERED);
    this.wake();
  }

  /** Remembers; on disk before it returns. */
  record(body: LineBody): void {
    const line = { ...body, atMs: this.nowMs };
    if ('why' in line) line.why = this.world.scrub(line.why) as typeof line.why;
    if (line.type === 'outcome') {
      const { kind, reason, failure } = line.outcome;
      line.outcome = { kind, reason: this.world.scrub(reason), ...this.#clean(failure) };
    }
    if (line.type === 'attempt-ended') Object.assign(line, this.#clean(line.failure));
    this.world.journal.append(line);
    applyLine(this.state, line);
  }

  #clean(failure: Failure | undefined): { failure?: Failure } {
    return failure ? { failure: { kind: failure.kind, message: this.world.scrub(failure.message) } } : {};
  }

  report(why: Report['why']): void {
    this.record({ type: 'reported' });
    this.world.report({ ...this.status(), why });
  }

  showStatus(): void {
    this.world.status(this.status());
  }

  private status() {
    const status = runStatus(this.state, this.view, this.nowMs);
    const { scrub } = this.world;
    status.troubles = status.troubles.map(scrub);
    if (status.uploadFault !== null) status.uploadFault = scrub(status.uploadFault);
    return status;
  }

  /** Counts a failure; the same is tried again later. */
  failed(key: string, error: unknown): number {
    return this.view.retries.failed(key, messageOf(error), this.nowMs).failures;
  }

  succeeded(key: string): void {
    this.view.retries.succeeded(key);
  }

  /** What is seen of the machine in use, begun anew when that is another one. */
  sees(machine: MachineRecord) {
    if (this.view.machine.name !== machine.name) this.view.machine = newMachineView(machine.name);
    return this.view.machine;
  }

  async wait(untilMs: number): Promise<void> {
    this.#wake = new AbortController();
    if (this.view.isStopAsked && this.state.outcome === null) return;
    await this.world.clock.sleep(Math.max(0, untilMs - this.nowMs), this.#wake.signal);
  }

  wake(): void {
    this.#wake.abort(ANSWERED);
  }

  /** The answer, or an error once it is late; a late answer changes nothing any more. */
  async within<T>(seconds: number, request: Promise<T>, late: () => Error): Promise<T> {
    const answered = new AbortController();
    const limit = this.world.clock.sleep(seconds * 1000, answered.signal).then((): T => {
      throw late();
    });
    limit.catch(() => {}); // it lost the race
    request.catch(() => {});
    try {
      return await Promise.race([request, limit]);
    } finally {
      answered.abort(ANSWERED);
    }
  }

  cloud<T>(request: Promise<T>): Promise<T> {
    const { requestS } = this.state.plan.timing;
    const late = () =>
      new CloudError('transient', `${this.world.cloud.name} did not answer within ${requestS} s`);
    return this.within(requestS, request, late);
  }

  host<T>(request: Promise<T>): Promise<T> {
    const { requestS } = this.state.plan.timing;
    return this.within(
      requestS,
      request,
      () => new HostError('unreachable', `the machine did not answer within ${requestS} s`),
    );
  }

  storage<T>(request: Promise<T>): Promise<T> {
    const { requestS } = this.state.plan.timing;
    return this.within(
      requestS,
      request,
      () => new StoreError('transient', `storage did not answer within ${requestS} s`),
    );
  }
}

export const refOf = ({ id, name, zone }: { id: string | null; name: string; zone: string }): MachineRef => ({
  id: id ?? name,
  name,
  zone,
});

export const isGone = (machine: Machine | null): boolean => machine === null || machine.state === 'gone';

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
