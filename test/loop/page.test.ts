import { beforeAll, expect, it } from 'vitest';
import { loopPage } from '../../loop/page/page.ts';
import { runLoop } from '../../loop/run.ts';
import type { LoopState } from '../../loop/state.ts';
import { loadTask } from '../../sim/tasks/load-task.ts';
import { FakeStages, fakeHost, newState } from './fake-stages.ts';

const EVIL = `"><script>globalThis.broken=1</script><img src=x onerror=1>`;

let state: LoopState;
beforeAll(async () => {
  await loadTask();
  state = newState({ finalEpisodes: 40, scenarios: EVIL }, { target: 0.9 });
  const diverges = ({ round, attempt }: { round: number; attempt: number }) => round === 1 && attempt === 1;
  await runLoop(state, fakeHost(new FakeStages({ diverges })).host);
});

it('shows every round, interval, kind of data, label, stage and what was asked for', () => {
  const page = loopPage('first', state);
  for (const words of [
    ...['24 of 40', 'round 2', '44.6 %', '73.7 %', 'MISSED_SCOOP', 'one-brick', 'dagger', 'expert'],
    ...['11,000', 'corrections', 'held-out', 'idle time removed', 'It stopped: 3 rounds', 'brickyard loop'],
    ...['Diverged or left out', 'learning rate 0.0005', 'attempt 2', 'The broken line is the target'],
    'firstEpisodes',
  ])
    expect(page).toContain(words);
});

it('holds no script, no handler and no address', () => {
  const page = loopPage(EVIL, state);
  expect(page).not.toMatch(/<script|<img|src="(?!data:)|href="(?!data:)|https?:/i);
  expect(page).toContain('&lt;script&gt;');
});

it('can be drawn after every stage', async () => {
  const pages: string[] = [];
  const again = newState();
  const onStage = async (now: LoopState) => void pages.push(loopPage('x', now));
  const drawn = [loopPage('x', again)];
  await runLoop(again, fakeHost(new FakeStages(), { onStage }).host);
  expect(drawn[0]).toContain('No policy has been rolled out');
  expect(pages).toHaveLength(again.stages.length);
  for (const page of pages) expect(page).not.toMatch(/NaN|undefined|Infinity/);
});
