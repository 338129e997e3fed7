/** What the expert does must be learnable: it still drives when it is unsure where it is, or answers late. */
import { beforeAll, expect, it } from 'vitest';
import { loadScenario } from '../../scenarios/registry.ts';
import type { SyncPolicy } from '../../sim/engine/policy.ts';
import { simulateEpisode } from '../../sim/engine/simulate.ts';
import { blurredExpert } from '../../sim/tasks/collect-bricks/expert/blurred-expert.ts';
import { loadTask } from '../../sim/tasks/load-task.ts';
import { sampleStart } from '../bricks-starts.ts';

beforeAll(() => loadTask());

const start = (scenario: string, slot: number) =>
  sampleStart(loadScenario(scenario, '.'), { namespace: 'gen', seed: 9000, slot, attempt: 0 });

const FAMILIES = [
  'one-brick',
  'behind',
  'wall',
  'corner',
  'box-side',
  'box-wall-side',
  'start-at-box-lifted',
];
const UNSURE = {
  'places blurred by 9 cm': [1.5, 0],
  'places blurred by 6 cm, answers 0.5 s late': [1, 5],
} as const;

it.each(
  Object.entries(UNSURE).flatMap(([how, [blur, late]]) =>
    FAMILIES.map((family) => [family, how, blur, late] as const),
  ),
)('solves %s with %s', (scenario, _, blur, lateFrames) => {
  for (let slot = 0; slot < 4; slot++) {
    const policy = blurredExpert({ name: ['test', scenario, slot], blur, lateFrames });
    const { outcome, detail } = simulateEpisode(start(scenario, slot), { policy });
    expect(`${slot}: ${outcome} ${detail}`).toBe(`${slot}: success `);
  }
});

it('is the expert itself without blur', () => {
  const of = (policy?: SyncPolicy) => simulateEpisode(start('wall', 1), { policy }).finalStateHash;
  expect(of(blurredExpert({ name: ['test'], blur: 0 }))).toBe(of());
});
