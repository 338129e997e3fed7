/** One simulated run: what is asked for, what goes wrong and when. All of it follows from the seed. */
import { Rng } from '../../../sim/engine/rng.ts';
import type { Offer } from '../../../trainer/launch/remote/ports.ts';

export interface Crash {
  /** At this await or line of the journal, counted over one life of a supervisor. */
  at: number;
  /** Whether what was about to happen still happens. */
  effect: 'not-done' | 'done';
  /** Until somebody starts it again; null: nobody does. */
  downS: number | null;
}

/** A time in which something does not work. */
export interface Outage {
  of: 'login' | 'cloud' | 'host' | 'store';
  fromS: number;
  forS: number;
}

export interface Scenario {
  seed: number;
  provider: 'gcp' | 'verda' | 'ssh';
  /** How the user's own machine is found; null: there is none. */
  existing: 'stopped' | 'running' | null;
  existingAfterwards: 'stopped' | 'as-found';
  rentElsewhere: boolean;
  offers: Offer[];
  maxHours: number;
  maxCostUsd: number | null;
  steps: number;
  stepsPerS: number;
  saveEvery: number;
  uploadS: number;
  setUpS: number;
  bootS: number;
  /** Chances, each of one request or one event. */
  chance: {
    stockout: number;
    quota: number;
    slowBoot: number;
    failedBoot: number;
    /** Carried out, and the answer lost. */
    lostAnswer: number;
    /** Not carried out. */
    transient: number;
    /** No answer ever. */
    silence: number;
    twice: number;
    uploadFails: number;
    staleList: number;
    setUpFails: number;
  };
  /** A machine that runs is taken away: seconds since the beginning. */
  preemptionsS: number[];
  /** Of the trainer, seconds since the beginning. */
  hangsS: number[];
  silentAgentsS: number[];
  exits: { atS: number; code: number }[];
  outages: Outage[];
  crashes: Crash[];
  interruptAtS: number | null;
  loginLostAtS: number | null;
  diskFullOnPrepare: boolean;
  /** Ends with exit code 1 after its first minute, every time. */
  isTrainerBroken: boolean;
}

export function scenarioOf(seed: number): Scenario {
  const rng = Rng.from('supervised training', seed);
  const calm = rng.unit();
  const often = (p: number): number => (rng.unit() < 0.5 ? 0 : p * calm * rng.unit());
  const times = (most: number, withinS: number): number[] =>
    Array.from({ length: rng.integer(0, most) }, () => Math.round(rng.unit() * withinS)).sort(
      (a, b) => a - b,
    );
  const provider = rng.pick(['gcp', 'gcp', 'verda', 'ssh'] as const);
  const existing =
    provider === 'ssh' || (provider === 'gcp' && rng.unit() < 0.4)
      ? rng.pick(['stopped', 'running'] as const)
      : null;
  const zones = Array.from({ length: rng.integer(1, 4) }, (_, index) => `zone-${index + 1}`);
  const steps = rng.integer(4, 20) * 500;
  const trainS = rng.integer(1200, 3 * 3600);
  const lengthS = trainS * 2;
  const outage = (of: Outage['of'], longestS: number): Outage[] =>
    times(2, lengthS).map((fromS) => ({ of, fromS, forS: rng.integer(5, longestS) }));
  return {
    seed,
    provider,
    existing: provider === 'ssh' ? 'running' : existing,
    existingAfterwards: provider === 'ssh' ? 'as-found' : rng.pick(['stopped', 'as-found'] as const),
    rentElsewhere: provider === 'gcp' && rng.unit() < 0.5,
    offers: provider === 'ssh' ? [] : zones.map((zone) => offerIn(zone, rng)),
    maxHours: rng.unit() < 0.25 ? rng.range(0.7, 3) : 30,
    maxCostUsd: provider === 'ssh' ? null : rng.pick([null, rng.range(1, 6), 200]),
    steps,
    stepsPerS: steps / trainS,
    saveEvery: rng.pick([250, 500, 1000]),
    uploadS: rng.integer(2, 120),
    setUpS: rng.integer(10, 1500),
    bootS: rng.integer(15, 240),
    chance: {
      stockout: rng.unit() < 0.4 ? rng.unit() * 0.8 : 0,
      quota: often(0.2),
      slowBoot: often(0.3),
      failedBoot: often(0.2),
      lostAnswer: often(0.15),
      transient: often(0.2),
      silence: often(0.1),
      twice: often(0.2),
      uploadFails: often(0.5),
      staleList: often(0.1),
      setUpFails: often(0.2),
    },
    preemptionsS: rng.unit() < 0.6 ? times(5, lengthS) : [],
    hangsS: rng.unit() < 0.3 ? times(2, lengthS) : [],
    silentAgentsS: rng.unit() < 0.2 ? times(2, lengthS) : [],
    exits:
      rng.unit() < 0.3 ? times(3, lengthS).map((atS) => ({ atS, code: rng.pick([1, 137, 130, 139]) })) : [],
    outages: [
      ...outage('login', 240),
      ...outage('cloud', 240),
      ...outage('host', rng.unit() < 0.2 ? 1500 : 400),
      ...outage('store', 1100),
    ].filter(() => rng.unit() < 0.6),
    crashes: rng.unit() < 0.5 ? crashesOf(rng) : [],
    interruptAtS: rng.unit() < 0.1 ? rng.integer(1, lengthS) : null,
    loginLostAtS: rng.unit() < 0.03 ? rng.integer(1, lengthS) : null,
    diskFullOnPrepare: rng.unit() < 0.02,
    isTrainerBroken: rng.unit() < 0.03,
  };
}

/** Nothing goes wrong but what is planted. */
export function calmScenario(seed: number): Scenario {
  const scenario = scenarioOf(seed);
  const chance = Object.fromEntries(Object.keys(scenario.chance).map((name) => [name, 0]));
  return {
    ...scenario,
    chance: chance as Scenario['chance'],
    provider: 'gcp',
    existing: null,
    offers: [{ zone: 'zone-1', type: 'gpu-1', gpu: 'H100', gpus: 1, pricePerHourUsd: 2 }],
    maxHours: 30,
    maxCostUsd: 200,
    steps: 2000,
    stepsPerS: 1,
    saveEvery: 500,
    uploadS: 20,
    setUpS: 100,
    preemptionsS: [],
    hangsS: [],
    silentAgentsS: [],
    exits: [],
    outages: [],
    crashes: [],
    interruptAtS: null,
    loginLostAtS: null,
    diskFullOnPrepare: false,
    isTrainerBroken: false,
  };
}

function offerIn(zone: string, rng: Rng): Offer {
  return {
    zone,
    type: 'gpu-1',
    gpu: 'H100',
    gpus: 1,
    pricePerHourUsd: Math.round(rng.range(0.5, 4) * 100) / 100,
  };
}

function crashesOf(rng: Rng): Crash[] {
  // Most of what can go wrong is near the beginning, where machines are made.
  return Array.from({ length: rng.integer(1, 6) }, () => ({
    at: rng.unit() < 0.6 ? rng.integer(1, 40) : rng.integer(1, 1500),
    effect: rng.pick(['not-done', 'done'] as const),
    downS: rng.pick([1, 20, 120, 600, 2700, rng.unit() < 0.3 ? null : 5400]),
  }));
}
