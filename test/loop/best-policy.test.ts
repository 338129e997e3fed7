import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { keepBest } from '../../loop/best-policy.ts';
import { runLoop } from '../../loop/run.ts';
import type { LoopState } from '../../loop/state.ts';
import { Disk } from '../../runtime/disk.ts';
import { FakeStages, fakeHost, newState } from './fake-stages.ts';

let out: string;
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'brickyard-loop-'));
});
afterEach(() => rmSync(out, { recursive: true, force: true }));

/** Rounds 0 to 2 of which each is better than the one before, each with a policy folder. */
async function rounds(): Promise<LoopState> {
  const state = newState();
  await runLoop(state, fakeHost(new FakeStages()).host);
  for (const round of [0, 1, 2]) {
    const folder = join(out, `rounds/0${round}/run/checkpoints/final/policy`);
    mkdirSync(join(folder, 'golden'), { recursive: true });
    writeFileSync(join(folder, 'policy.json'), `{"round":${round}}`);
    writeFileSync(join(folder, 'golden/00.png'), `${round}`);
  }
  return state;
}

/** As it was when so many rounds had been judged. */
function after(state: LoopState, judged: number): LoopState {
  const last = state.stages.findIndex(({ request }) => request.id === `0${judged - 1}/judge`);
  return { ...state, stages: state.stages.slice(0, last + 1) };
}

const kept = (): string[] =>
  ['policy.json', 'golden/00.png'].map((name) => readFileSync(join(out, 'best', name), 'utf8'));

it('is replaced when another round is better, and left alone when none is', async () => {
  const state = await rounds();
  for (const judged of [1, 2, 3, 3]) {
    await keepBest(out, after(state, judged));
    expect(kept()).toEqual([`{"round":${judged - 1}}`, `${judged - 1}`]);
    expect(readdirSync(out).sort()).toEqual(['best', 'rounds']);
  }
  await keepBest(out, newState());
  expect(kept()[1]).toBe('2');
});

it('is whole at every moment, or not there and put back', async () => {
  const state = await rounds();
  await keepBest(out, after(state, 1));
  for (let cut = 0; cut < 40; cut++) {
    let left = cut;
    const disk = new Disk();
    for (const name of ['move', 'remove', 'syncFile', 'syncFolder'] as const) {
      const whole = disk[name].bind(disk) as (...paths: string[]) => Promise<void>;
      disk[name] = async (...paths: string[]) => {
        if (left-- <= 0) throw new Error('killed');
        return whole(...paths);
      };
    }
    const error = await keepBest(out, after(state, 2 + (cut % 2)), disk).catch((thrown) => thrown);
    if (existsSync(join(out, 'best'))) expect(kept()[0]).toBe(`{"round":${kept()[1]}}`);
    await keepBest(out, after(state, 2 + (cut % 2)));
    expect(kept()[1]).toBe(`${1 + (cut % 2)}`);
    if (error === undefined) return;
  }
  throw new Error('it never came to its end');
});
