/** An episode step by step, as those see it who drive it themselves. */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Environment, type EnvironmentOptions } from '../../sim/engine/environment.ts';
import { expertPolicy, idlePolicy } from '../../sim/engine/policies.ts';
import { simulateEpisode } from '../../sim/engine/simulate.ts';
import { taskOf } from '../../sim/engine/task-registry.ts';
import { loadTask } from '../../sim/tasks/load-task.ts';
import { fixedStart } from './fixed-starts.ts';

const START = fixedStart('one', { timeLimitS: 3 });
const opened: Environment[] = [];
function open(options: EnvironmentOptions = {}): Environment {
  const environment = new Environment(START, options);
  opened.push(environment);
  return environment;
}

beforeAll(() => loadTask());
afterEach(() => {
  for (const environment of opened.splice(0)) environment.dispose();
});

describe('an observation', () => {
  it('shows what is then recorded', () => {
    const run = open({ state: 'full' });
    const poses: Float32Array[] = [];
    const states: Float32Array[] = [];
    while (!run.isOver()) {
      const shown = run.observe();
      expect(shown.frame).toBe(poses.length);
      expect(shown.world).toBe(run.world);
      poses.push(shown.pose);
      states.push(shown.state);
      expect([...shown.poses]).toEqual(poses.flatMap((row) => [...row]));
      run.act([0.2, 1, 0, 0]);
    }
    const trajectory = run.trajectory();
    expect([...trajectory.poses]).toEqual(poses.flatMap((row) => [...row]));
    expect([...trajectory.states]).toEqual(states.flatMap((row) => [...row]));
  });

  it('is of its own frame, and says so when it is looked at later', () => {
    const run = open();
    const shown = run.observe();
    run.act([0, 0, 0, 0]);
    expect(() => shown.state).toThrow('frame 0 was looked at when frame 1 was shown');
    expect(() => shown.pose).toThrow('frame 0');
  });

  it('has pictures where the environment was given a view, and none without', async () => {
    const run = open({ view: { draw: async ({ frame }, camera) => Uint8Array.of(frame, camera.length) } });
    run.act([0, 0, 0, 0]);
    expect(await run.observe().picture('ego')).toEqual(Uint8Array.of(1, 3));
    expect(() => open().observe().picture('ego')).toThrow('has no view');
  });
});

describe('a policy', () => {
  const looking = (camera: string) => ({ ...idlePolicy(), cameras: [camera] });
  const view = { draw: async () => new Uint8Array() };

  it('is refused where it looks and there is no view, or no such camera', () => {
    const [{ key }] = open().spec.cameras;
    expect(key).toBe('observation.images.ego');
    expect(() => open().begin(looking(key), '')).toThrow(`${key} needs an environment with a view`);
    expect(() => open({ view }).begin(looking('wrist'), '')).toThrow(`looks through wrist; there are ${key}`);
    expect(() => open({ view }).begin(looking(key), '')).not.toThrow();
  });

  it('is told the episode that it is about to drive', () => {
    const told: object[] = [];
    const run = open();
    run.begin({ ...idlePolicy(), reset: (episode) => void told.push(episode) }, 'its name');
    expect(told).toEqual([{ key: 'its name', start: START, spec: run.spec }]);
  });

  it('does not act before it is reset', () => {
    expect(() => idlePolicy().act(open().observe())).toThrow('call reset first');
  });
});

describe('an environment', () => {
  it('stands where a simulated episode ended, and can be forked, judged and hashed on the way', () => {
    const run = open();
    const policy = expertPolicy();
    run.begin(policy, '');
    while (!run.isOver()) run.act(policy.act(run.observe()).action);
    const { finalStateHash, outcome, detail } = simulateEpisode(START);
    expect(run.hash()).toBe(finalStateHash);
    expect(run.verdict()).toEqual({ outcome, detail });
    const fork = new Environment(run.fork());
    opened.push(fork);
    expect([...fork.pose()]).toEqual([...run.pose()]);
  });

  it('asks the expert once a frame, however many want its answer', () => {
    const run = open();
    const { expert } = taskOf(START);
    const first = expert(run.world);
    expect(expert(run.world)).toBe(first);
    run.act(first);
    expect(expert(run.world)).not.toBe(first);
  });
});
