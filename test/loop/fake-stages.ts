/** Stages that take no time of the machine: outcomes and durations follow from the request alone. */

import { wilson } from '../../evaluator/statistics/wilson.ts';
import { DEFAULT_CONTENT, DEFAULT_LIMITS } from '../../loop/options.ts';
import type { LoopHost } from '../../loop/run.ts';
import type { LoopContent, LoopLimits, LoopMachine } from '../../loop/settings.ts';
import type { RolloutFacts, StageRequest, StageResult, StageRunner } from '../../loop/stages.ts';
import type { LoopState } from '../../loop/state.ts';

export function newState(
  content: Partial<LoopContent> = {},
  limits: Partial<LoopLimits> = {},
  machine: Partial<LoopMachine> = {},
): LoopState {
  return {
    format: 1,
    content: { ...DEFAULT_CONTENT, heldOutEpisodes: 40, finalEpisodes: 0, ...content },
    limits: { ...DEFAULT_LIMITS, rounds: 3, ...limits },
    machine: { cores: 2, overlap: true, provider: 'local', settings: null, ...machine },
    madeWith: { command: 'brickyard loop' },
    elapsedS: 0,
    stages: [],
    ending: null,
  };
}

export function rollouts(outcomes: string): RolloutFacts {
  const successes = [...outcomes].filter((mark) => mark === '1').length;
  const failed = [...outcomes].filter((mark) => mark === '0').length;
  return {
    episodes: outcomes.length,
    successes,
    errors: outcomes.length - successes - failed,
    wilson: wilson(successes, outcomes.length),
    failures: failed > 0 ? { MISSED_SCOOP: failed } : {},
    byScenario: { 'one-brick': { episodes: outcomes.length, successes } },
    suiteHash: 'c'.repeat(64),
    outcomes,
  };
}

/** `share` of the episodes succeed, the same ones first. */
export const successes = (share: number, episodes: number): string =>
  Array.from({ length: episodes }, (_, i) => (i < Math.round(share * episodes) ? '1' : '0')).join('');

export interface FakeBehaviour {
  /** Share of held-out successes by round. */
  rate?: (round: number) => number;
  /** Trainings that diverge. */
  diverges?: (request: Extract<StageRequest, { kind: 'train' }>) => boolean;
  /** Seconds a stage takes. */
  durationS?: (request: StageRequest) => number;
}

/** Time of its own: stages end in the order of their durations, not of the machine. */
export class FakeStages implements StageRunner {
  readonly #behaviour: FakeBehaviour;
  readonly asked: StageRequest[] = [];
  readonly #pending = new Map<
    string,
    { endS: number; end: (result: StageResult) => void; request: StageRequest }
  >();
  nowS = 0;

  constructor(behaviour: FakeBehaviour = {}) {
    this.#behaviour = behaviour;
  }

  run(request: StageRequest): Promise<StageResult> {
    this.asked.push(request);
    const durationS =
      this.#behaviour.durationS?.(request) ?? { train: 100, fresh: 30 }[request.kind as string] ?? 10;
    const promise = new Promise<StageResult>((end) => {
      this.#pending.set(request.id, { endS: this.nowS + durationS, end, request });
    });
    setImmediate(() => this.#advance());
    return promise;
  }

  interrupt(id?: string): void {
    for (const [each, { end }] of this.#pending)
      if (id === undefined || each === id) {
        this.#pending.delete(each);
        end({ kind: 'interrupted', cpuS: 1, idleS: 1 });
      }
  }

  kill(): void {
    this.#pending.clear();
  }

  /** The stage that ends first does. */
  #advance(): void {
    const [first] = [...this.#pending.values()].sort((a, b) => a.endS - b.endS);
    if (!first) return;
    this.#pending.delete(first.request.id);
    this.nowS = first.endS;
    first.end(this.#result(first.request));
    if (this.#pending.size > 0) setImmediate(() => this.#advance());
  }

  #result(request: StageRequest): StageResult {
    const data = (episodes: number, source: string) => ({
      episodes,
      frames: episodes * 100,
      by: [{ source, scenario: 'one-brick', episodes, frames: episodes * 100 }],
      fingerprint: request.id,
    });
    switch (request.kind) {
      case 'measure':
        return { kind: 'done', facts: { stepsPerS: 40 }, cpuS: 5, idleS: 5 };
      case 'fresh':
        return { kind: 'done', facts: data(request.episodes, 'expert'), cpuS: 30, idleS: 30 };
      case 'corrections':
        return { kind: 'done', facts: data(request.episodes, 'dagger'), cpuS: 20, idleS: 20 };
      case 'merge':
        return { kind: 'done', facts: data(request.parts.length * 100, 'expert'), cpuS: 1, idleS: 1 };
      case 'train':
        if (this.#behaviour.diverges?.(request))
          return {
            kind: 'unusable',
            message: 'the loss or its gradient is nan at step 7',
            cpuS: 50,
            idleS: 50,
          };
        return {
          kind: 'done',
          facts: {
            steps: request.steps,
            lossFirst: 0.5,
            lossLast: 0.1,
            policy: `${request.out}/checkpoints/final/policy`,
          },
          cpuS: 100,
          idleS: 70,
        };
      default: {
        const rate = this.#behaviour.rate?.(request.round) ?? 0.4 + 0.1 * request.round;
        return { kind: 'done', facts: rollouts(successes(rate, 40)), cpuS: 15, idleS: 15 };
      }
    }
  }
}

/** A host whose disk is the string it returns. */
export function fakeHost(runner: FakeStages, changes: Partial<LoopHost> = {}) {
  const saved: string[] = [];
  const said: string[] = [];
  const host: LoopHost = {
    runner,
    save: async (state) => void saved.push(JSON.stringify(state)),
    onStage: async () => {},
    nowS: () => runner.nowS,
    say: (text) => void said.push(text),
    stop: new AbortController().signal,
    ...changes,
  };
  return { host, saved, said };
}
