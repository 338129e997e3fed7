/** Scenarios as fast-check draws and shrinks them: what went wrong at least for a promise to be broken. */
import * as fc from 'fast-check';
import { calmScenario, type Scenario } from './scenario.ts';

const chance = (most: number): fc.Arbitrary<number> =>
  fc.oneof(fc.constant(0), fc.double({ min: 0, max: most, noNaN: true }));
const seconds = (most: number): fc.Arbitrary<number> => fc.integer({ min: 1, max: most });
const times = (maxLength: number): fc.Arbitrary<number[]> => fc.array(seconds(6000), { maxLength });

const outage = fc.record({
  of: fc.constantFrom('login' as const, 'cloud' as const, 'host' as const, 'store' as const),
  fromS: seconds(6000),
  forS: seconds(240),
});
const crash = fc.record({
  at: fc.integer({ min: 1, max: 300 }),
  effect: fc.constantFrom('done' as const, 'not-done' as const),
  downS: fc.constantFrom(1, 60, 900, 3600, null),
});
const zone = fc.record({
  zone: fc.constantFrom('zone-1', 'zone-2', 'zone-3'),
  pricePerHourUsd: fc.integer({ min: 1, max: 4 }),
});

export const arbitraryScenario: fc.Arbitrary<Scenario> = fc
  .record({
    seed: fc.nat(1e6),
    place: fc.constantFrom<Partial<Scenario>>(
      { provider: 'gcp' },
      { provider: 'verda' },
      { provider: 'gcp', existing: 'stopped', rentElsewhere: true },
      { provider: 'gcp', existing: 'running', existingAfterwards: 'as-found' },
    ),
    zones: fc.uniqueArray(zone, { minLength: 1, maxLength: 3, selector: (one) => one.zone }),
    chance: fc.record({
      stockout: chance(0.8),
      quota: chance(0.2),
      slowBoot: chance(0.3),
      failedBoot: chance(0.2),
      lostAnswer: chance(0.15),
      transient: chance(0.2),
      silence: chance(0.1),
      twice: chance(0.2),
      uploadFails: chance(0.3),
      staleList: chance(0.1),
      setUpFails: chance(0.2),
    }),
    preemptionsS: times(3),
    hangsS: times(2),
    exits: fc.array(fc.record({ atS: seconds(6000), code: fc.constantFrom(1, 130, 137) }), { maxLength: 2 }),
    outages: fc.array(outage, { maxLength: 3 }),
    crashes: fc.array(crash, { maxLength: 3 }),
    maxCostUsd: fc.constantFrom(null, 1, 3, 50),
    interruptAtS: fc.option(seconds(6000), { nil: null, freq: 5 }),
  })
  .map(({ seed, place, zones, ...rest }) => ({
    ...calmScenario(seed),
    ...place,
    ...rest,
    offers: zones.map((one) => ({ ...one, type: 'gpu-1', gpu: 'H100', gpus: 1 })),
  }));
