import { beforeAll, expect, test } from 'vitest';
import { attemptEpisode } from '../../../generator/episode.ts';
import { MODE_DEFAULTS } from '../../../generator/modes/kind.ts';
import { loadScenario } from '../../../scenarios/registry.ts';
import { simulateEpisode } from '../../../sim/engine/simulate.ts';
import { loadTask } from '../../../sim/tasks/load-task.ts';
import { sampleStart } from '../../bricks-starts.ts';

beforeAll(() => loadTask());

test.each(['one-brick', 'wall', 'dropped', 'start-loaded'])(
  'without modes an episode of %s is the expert in the simulator, to the byte',
  (name) => {
    const scenario = loadScenario(name, '.');
    const drawn = { seed: 3, slot: 1, attempt: 0 };
    const format = { fps: 10, state: 'seed4' } as const;
    const outcome = attemptEpisode({ scenario, ...drawn, ...format, modes: MODE_DEFAULTS });
    const start = sampleStart(scenario, { namespace: 'gen', ...drawn });
    expect(outcome).toEqual({ kept: simulateEpisode(start, format), kind: 'expert' });
  },
);
