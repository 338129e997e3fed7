import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Offer } from '../../trainer/launch/remote/ports.ts';
import { applyLine } from '../../trainer/launch/supervisor/apply-line.ts';
import { deadManSNow, leftS, spentUsd } from '../../trainer/launch/supervisor/cost.ts';
import { decide } from '../../trainer/launch/supervisor/decide.ts';
import type { LineBody } from '../../trainer/launch/supervisor/journal-line.ts';
import { machineName, requestIdFrom } from '../../trainer/launch/supervisor/machine-name.ts';
import { chooseOffer } from '../../trainer/launch/supervisor/offers.ts';
import { SUPERVISOR_TIMING, type SupervisorPlan } from '../../trainer/launch/supervisor/plan.ts';
import { backoffMs } from '../../trainer/launch/supervisor/retry.ts';
import { initialState, type SupervisorState } from '../../trainer/launch/supervisor/state.ts';
import { newView } from '../../trainer/launch/supervisor/view.ts';

const HOUR_MS = 3_600_000;
const PLAN: SupervisorPlan = {
  runId: 'r1',
  labels: { 'brickyard-run': 'r1' },
  publicKey: 'ssh-ed25519 AAAA',
  existing: null,
  existingAfterwards: 'stopped',
  rentElsewhere: false,
  maxHours: 10,
  maxCostUsd: 8,
  outputs: 'outputs',
  timing: SUPERVISOR_TIMING,
};
const offer = (zone: string, pricePerHourUsd: number | null): Offer => ({
  zone,
  type: 'gpu-1',
  gpu: 'H100',
  gpus: 1,
  pricePerHourUsd,
});
const [CHEAP, DEAR, UNPRICED] = [
  offer('us-central1-a', 1),
  offer('us-east1-b', 2),
  offer('us-west1-a', null),
];

function stateAfter(plan: Partial<SupervisorPlan>, ...lines: [number, LineBody][]): SupervisorState {
  const state = initialState({ ...PLAN, ...plan }, 0);
  for (const [atMs, body] of lines) applyLine(state, { ...body, atMs });
  return state;
}

const creating = (name: string, from: Offer): LineBody => ({
  ...{ type: 'creating', name, offer: from, requestId: 'q', maxRunS: 60 },
});
const refused = (
  name: string,
  fault: 'stockout' | 'quota' | 'invalid',
  scope: 'zone' | 'region' | 'everywhere',
) => ({ type: 'not-created', name, fault, scope, why: 'no' }) satisfies LineBody;

describe('the choice of an offer', () => {
  it('takes the cheapest, and lets it live no longer than money and hours last', () => {
    expect(chooseOffer(stateAfter({}), [DEAR, UNPRICED, CHEAP], 0)).toEqual({
      take: CHEAP,
      maxRunS: 8 * 3600,
    });
    expect(chooseOffer(stateAfter({ maxCostUsd: null }), [UNPRICED], 0)).toEqual({
      ...{ take: UNPRICED, maxRunS: 10 * 3600 },
    });
  });

  it('goes to the next place while one is out of stock, later each time, and comes back', () => {
    const once = stateAfter({}, [0, creating('m1', CHEAP)], [0, refused('m1', 'stockout', 'zone')]);
    expect(chooseOffer(once, [CHEAP, DEAR], 1)).toMatchObject({ take: DEAR });
    expect(chooseOffer(once, [CHEAP], 1)).toEqual({ waitUntilMs: 300_000 });
    expect(chooseOffer(once, [CHEAP, DEAR], 300_000)).toMatchObject({ take: CHEAP });
    applyLine(once, { ...creating('m2', CHEAP), atMs: 300_000 });
    applyLine(once, { ...refused('m2', 'stockout', 'zone'), atMs: 300_000 });
    expect(chooseOffer(once, [CHEAP], 300_001)).toEqual({ waitUntilMs: 900_000 });
  });

  it('goes elsewhere after a machine that did not boot', () => {
    const lines: [number, LineBody][] = [
      [0, creating('m1', CHEAP)],
      [0, { type: 'created', name: 'm1', id: 'i1', zone: CHEAP.zone }],
      [900_000, { type: 'ending-machine', name: 'm1', why: 'boot' }],
      [900_000, { type: 'ended-machine', name: 'm1' }],
    ];
    expect(chooseOffer(stateAfter({}, ...lines), [CHEAP, DEAR], 900_000)).toMatchObject({ take: DEAR });
  });

  it('leaves a region whose quota is used up, everything whose quota is none, a place that never can', () => {
    const after = (line: LineBody) => stateAfter({}, [0, creating('m1', CHEAP)], [0, line]);
    const sameRegion = offer('us-central1-f', 1.5);
    expect(chooseOffer(after(refused('m1', 'quota', 'region')), [CHEAP, sameRegion, DEAR], 1)).toMatchObject({
      take: DEAR,
    });
    expect(chooseOffer(after(refused('m1', 'quota', 'everywhere')), [CHEAP, DEAR], 1)).toEqual({
      waitUntilMs: 1_800_000,
    });
    expect(chooseOffer(after(refused('m1', 'invalid', 'zone')), [CHEAP], 1)).toHaveProperty('never');
  });

  it('takes none without a price under a cap of money, and none that the rest is too little for', () => {
    expect(chooseOffer(stateAfter({}), [UNPRICED], 0)).toHaveProperty('never');
    expect(chooseOffer(stateAfter({ maxCostUsd: 0.4 }), [CHEAP], 0)).toEqual({ capped: true });
    expect(chooseOffer(stateAfter({}), [], 0)).toHaveProperty('never');
  });
});

describe('the cost', () => {
  it('counts from the request to the seen end, machines that are being deleted included', () => {
    const state = stateAfter(
      {},
      [0, creating('m1', DEAR)],
      [1000, { type: 'created', name: 'm1', id: 'i1', zone: DEAR.zone }],
      [HOUR_MS, { type: 'ending-machine', name: 'm1', why: 'done' }],
    );
    expect(spentUsd(state, 1.5 * HOUR_MS)).toBe(3);
    applyLine(state, { type: 'ended-machine', name: 'm1', atMs: 2 * HOUR_MS });
    expect(spentUsd(state, 9 * HOUR_MS)).toBe(4);
    expect(leftS(state, 2 * HOUR_MS)).toBe(8 * 3600);
  });

  it('is not counted while a machine is stopped, and is unknown where a price is', () => {
    const [start, off] = [
      { type: 'starting', name: 'm1' },
      { type: 'down', name: 'm1', gone: false, preempted: true },
    ] as const;
    const state = stateAfter({}, [0, creating('m1', DEAR)], [HOUR_MS, off], [3 * HOUR_MS, start]);
    expect(spentUsd(state, 4 * HOUR_MS)).toBe(4);
    expect(state.preemptions).toBe(1);
    expect(spentUsd(stateAfter({}, [0, creating('m1', UNPRICED)]), HOUR_MS)).toBeNull();
  });

  it("keeps the dead man's limit within the caps", () => {
    const state = stateAfter({ maxHours: 1, maxCostUsd: null }, [0, creating('m1', CHEAP)]);
    expect(deadManSNow(state, 0)).toBe(SUPERVISOR_TIMING.deadManS);
    expect(deadManSNow(state, 0.75 * HOUR_MS)).toBe(600);
  });
});

describe('what is next', () => {
  const view = () => newView({ next: () => 0.5 });

  it('is to look for what an earlier life left, before anything is rented', () => {
    expect(decide(stateAfter({}), view(), 0)).toEqual({ do: 'sweep' });
    expect(decide(stateAfter({}), { ...view(), sweptAtMs: 0 }, 0)).toEqual({ do: 'list-offers' });
  });

  it('is never a second machine while the first may still be there', () => {
    const state = stateAfter({}, [0, creating('m1', CHEAP)]);
    expect(decide(state, { ...view(), sweptAtMs: 0, offers: [CHEAP, DEAR] }, 1)).toMatchObject({
      ...{ do: 'settle-create', machine: { name: 'm1' } },
    });
    applyLine(state, { type: 'ending-machine', name: 'm1', why: 'unreachable', atMs: 1 });
    expect(decide(state, { ...view(), sweptAtMs: 0, offers: [DEAR] }, 2)).toMatchObject({
      do: 'end-machine',
    });
  });

  it('is an end, once the user or a cap says so, and nothing more once all is cleaned up', () => {
    const stopped = { ...view(), isStopAsked: true };
    expect(decide(stateAfter({}), stopped, 0)).toMatchObject({
      ...{ do: 'conclude', outcome: { kind: 'interrupted' } },
    });
    expect(decide(stateAfter({ maxHours: 0.2 }), view(), 0)).toMatchObject({
      ...{ do: 'conclude', outcome: { kind: 'capped' } },
    });
    const over = stateAfter(
      {},
      [0, { type: 'outcome', outcome: { kind: 'failed', reason: 'x' } }],
      [1, { type: 'cleaned', left: ['m1'] }],
    );
    expect(decide(over, view(), 2)).toEqual({ do: 'finish', left: ['m1'] });
  });
});

describe('a run that another supervisor took over', () => {
  it('is left to it, machine and all', () => {
    const view = { ...newView({ next: () => 0.5 }), isSuperseded: true };
    const state = stateAfter({}, [0, creating('m1', CHEAP)]);
    const next = decide(state, view, 1);
    expect(next).toMatchObject({ do: 'conclude', outcome: { kind: 'failed' } });
    if (next.do === 'conclude') applyLine(state, { type: 'outcome', outcome: next.outcome, atMs: 1 });
    expect(decide(state, view, 2)).toEqual({ do: 'finish', left: ['m1'] });
  });
});

describe('names and waits', () => {
  it('are names that gcp and host names allow, each of its own', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 999 }), (runId, count) => {
        const name = machineName(runId, count);
        expect(name).toMatch(/^by-?[a-z0-9-]*-\d+$/);
        expect(name.length).toBeLessThanOrEqual(63);
        expect(machineName(runId, count + 1)).not.toBe(name);
      }),
    );
  });

  it('are request ids as RFC 9562 has them', () => {
    let calls = 0;
    const id = requestIdFrom({ next: () => (calls++ * 0.37) % 1 });
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('grow, and never beyond two minutes', () => {
    const waits = [1, 2, 3, 10, 1000].map((failures) => backoffMs(failures, { next: () => 0.5 }));
    expect(waits).toEqual([3750, 7500, 15_000, 90_000, 90_000]);
  });
});
