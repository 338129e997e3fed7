/** Carries out what the plan says: one stage in turn, one beside it; the state is on disk before anything begins. */

import { formatDuration, rounded } from '../runtime/figures.ts';
import { InputError, Interrupted, NegativeResult } from '../sim/errors.ts';
import { coresBeside } from './elsewhere.ts';
import { nextStages } from './plan.ts';
import { beginLine, endLine } from './progress-lines.ts';
import type { RolloutFacts, StageRequest, StageResult, StageRunner } from './stages.ts';
import { doneStages, type LoopState, recordOf, type StageRecord } from './state.ts';

/** What gives way to a training: it has the niceness of the least urgent of what people still wait for. */
export const NICENESS_BESIDE = 10;

export interface LoopHost {
  runner: StageRunner;
  /** Returns once the state is on disk. */
  save(state: LoopState): Promise<void>;
  /** After a stage ended: whatever is made from the state. */
  onStage(state: LoopState): Promise<void>;
  /** Seconds since any moment. */
  nowS(): number;
  say(text: string): void;
  /** Aborted when the user asks to stop. */
  stop: AbortSignal;
}

/**
 * Goes on from `state`, which it changes, until the plan has nothing left.
 * @returns 'interrupted' when `stop` was aborted before that
 * @throws InputError, NegativeResult when a stage cannot go on; the state is as if it had not been tried
 */
export async function runLoop(state: LoopState, host: LoopHost): Promise<'done' | 'interrupted'> {
  return new LoopRun(state, host).run();
}

class LoopRun {
  readonly #state: LoopState;
  readonly #host: LoopHost;
  readonly #began: { nowS: number; elapsedS: number };
  readonly #running = new Map<string, Promise<void>>();
  /** Asked to end. */
  readonly #stopped = new Set<string>();
  #failure: Error | undefined;
  #saves: Promise<void> = Promise.resolve();

  constructor(state: LoopState, host: LoopHost) {
    this.#state = state;
    this.#host = host;
    this.#began = { nowS: host.nowS(), elapsedS: state.elapsedS };
  }

  async run(): Promise<'done' | 'interrupted'> {
    // Each stage hears of it once: a second signal would stop it in the middle of an episode.
    const stopAll = (): void => this.#stopOthers([]);
    this.#host.stop.addEventListener('abort', stopAll);
    try {
      return await this.#go();
    } catch (error) {
      this.#failure ??= error as Error;
      return await this.#end();
    } finally {
      this.#host.stop.removeEventListener('abort', stopAll);
    }
  }

  async #go(): Promise<'done' | 'interrupted'> {
    for (;;) {
      if (this.#failure || this.#host.stop.aborted) return this.#end();
      const { stages, ending } = nextStages(this.#state, this.#elapsedS());
      if (ending && !this.#state.ending) {
        this.#state.ending = ending;
        await this.#save();
        this.#say(`stops: ${ending.sentence}`);
      }
      if (stages.length === 0) this.#stopOthers([]);
      if (stages.length === 0 && this.#running.size === 0) return 'done';
      if (ending) this.#stopOthers(stages.map(({ request }) => request.id));
      for (const { request, beside } of stages)
        if (!this.#running.has(request.id)) await this.#begin(request, beside, stages.length);
      if (this.#running.size > 0) await Promise.race(this.#running.values());
    }
  }

  /** Lets all that runs keep its state. */
  async #end(): Promise<'interrupted'> {
    this.#stopOthers([]);
    await Promise.all(this.#running.values());
    if (this.#failure) throw this.#failure;
    await this.#save();
    return 'interrupted';
  }

  /** Such as data for a round that will not come. */
  #stopOthers(wanted: readonly string[]): void {
    for (const id of this.#running.keys()) {
      if (wanted.includes(id) || this.#stopped.has(id)) continue;
      this.#stopped.add(id);
      this.#host.runner.interrupt(id);
    }
  }

  async #begin(request: StageRequest, beside: boolean, together: number): Promise<void> {
    let record = recordOf(this.#state, request.id);
    this.#say(`${beginLine(this.#state, request, beside)}${record ? ' (goes on)' : ''}`);
    if (!record) {
      record = {
        request,
        status: 'begun',
        spans: [],
        cpuS: null,
        idleS: null,
        beside,
        facts: null,
        message: null,
      };
      this.#state.stages.push(record);
    }
    record.beside = beside;
    record.spans.push({ fromS: this.#elapsedS(), toS: null });
    await this.#save();
    if (this.#host.stop.aborted) {
      record.spans.pop();
      return;
    }
    const spare = Math.max(1, coresBeside(this.#state.machine));
    const how = { niceness: beside ? NICENESS_BESIDE : 0, workers: beside || together > 1 ? spare : null };
    const work = this.#host.runner.run(request, how).then(
      (result) => this.#ended(record, result),
      (error) => {
        this.#failure ??= error as Error;
      },
    );
    const tracked = work.then(
      () => void this.#running.delete(request.id),
      (error) => {
        this.#running.delete(request.id);
        this.#failure ??= error as Error;
      },
    );
    this.#running.set(request.id, tracked);
  }

  async #ended(record: StageRecord, result: StageResult): Promise<void> {
    record.spans.at(-1)!.toS = this.#elapsedS();
    if (result.cpuS !== null) record.cpuS = (record.cpuS ?? 0) + result.cpuS;
    if (result.idleS !== null) record.idleS = (record.idleS ?? 0) + result.idleS;
    if (result.kind === 'done') {
      this.#assertSameConditions(record, result.facts);
      record.status = 'done';
      record.facts = result.facts;
    } else if (result.kind === 'unusable') {
      record.status = 'unusable';
      record.message = result.message;
    } else if (result.kind === 'failed') {
      const { kind, round } = record.request;
      const text = `round ${round}, ${kind}: ${result.message}; all that was made is kept, and the same command goes on`;
      this.#failure ??= result.badInput ? new InputError(text) : new NegativeResult(text);
    } else if (!this.#stopped.has(record.request.id) && !this.#host.stop.aborted) {
      this.#failure ??= new Interrupted(
        `${record.request.id} was stopped from outside; the same command goes on`,
      );
    }
    await this.#save();
    if (record.status === 'begun') return;
    this.#say(endLine(record));
    await this.#host.onStage(this.#state);
  }

  /** Rounds are compared pair by pair: an edited scenario would make another test of the same name. */
  #assertSameConditions({ request }: StageRecord, facts: object): void {
    const [first] = doneStages(this.#state, 'judge');
    if (request.kind !== 'judge' || !first) return;
    const { suiteHash } = facts as RolloutFacts;
    if (suiteHash !== first.facts.suiteHash)
      throw new InputError(
        `the held-out conditions were ${first.facts.suiteHash.slice(0, 12)} in round ${first.request.round} and are ${suiteHash.slice(0, 12)} now: a scenario or the suite was edited; bring it back as it was, or begin another loop`,
      );
  }

  #elapsedS(): number {
    return rounded(this.#began.elapsedS + this.#host.nowS() - this.#began.nowS, 3);
  }

  #say(text: string): void {
    this.#host.say(`[${formatDuration(this.#elapsedS())}] ${text}`);
  }

  /** One at a time: two stages may end at once. */
  #save(): Promise<void> {
    const save = async (): Promise<void> => {
      this.#state.elapsedS = this.#elapsedS();
      await this.#host.save(this.#state);
    };
    this.#saves = this.#saves.then(save, save);
    return this.#saves;
  }
}
