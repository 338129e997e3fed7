/** The sweep: which checkpoints, what chooses, what is reported, and how it is drawn. */
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RolloutRequest, RunRollout } from '../../evaluator/rollout-process.ts';
import { chooseSteps, listCheckpoints } from '../../evaluator/sweep/checkpoints.ts';
import { sweepText } from '../../evaluator/sweep/command.ts';
import { sweepPlot } from '../../evaluator/sweep/plot.ts';
import { chooseBest, sweepCheckpoints } from '../../evaluator/sweep/sweep.ts';
import {
  type CheckpointSuccess,
  linkBestSuccess,
  readSuccess,
  recordSuccess,
} from '../../policy/checkpoint-success.ts';
import { madeUpResults, writeRollout } from './made-up-rollout.ts';

let folder: string;
let run: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'brickyard-sweep-'));
  run = join(folder, 'run');
  for (const name of ['000500', '001000', '010000', '000750']) {
    mkdirSync(join(run, 'checkpoints', name, 'policy'), { recursive: true });
    if (name !== '000750') writeFileSync(join(run, 'checkpoints', name, 'policy', 'policy.json'), '{}');
  }
  mkdirSync(join(run, 'checkpoints', 'last'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Rolls out by the table: outcomes of each seed and checkpoint. */
function fakeRollouts(outcomes: Record<string, string>) {
  const asked: RolloutRequest[] = [];
  const runRollout: RunRollout = async (request) => {
    asked.push(request);
    const name = request.checkpoint.split('/').at(-2)!;
    writeRollout(request.out, madeUpResults(outcomes[`${request.seed} ${name}`]), {
      suite: request.suite,
      suite_hash: `${request.seed}`.repeat(64),
    });
  };
  return { asked, runRollout };
}

describe('checkpoints', () => {
  it('are the exported ones by step; links and unexported ones are left out', () => {
    const { exported, unexported } = listCheckpoints(run, 'run');
    expect(exported.map(({ step }) => step)).toEqual([500, 1000, 10000]);
    expect(unexported).toEqual(['000750']);
    expect(chooseSteps(exported, '10000, 000500').map(({ step }) => step)).toEqual([500, 10000]);
    expect(() => chooseSteps(exported, '500,750,x')).toThrow(/2 faults[\s\S]*"750"[\s\S]*500, 1000, 10000/);
    expect(() => listCheckpoints(folder, 'folder')).toThrow(/folder: has no checkpoints/);
  });
  it('best_success is a relative link that is replaced', () => {
    linkBestSuccess(run, '000500');
    linkBestSuccess(run, '010000');
    expect(readlinkSync(join(run, 'checkpoints', 'best_success'))).toBe('010000');
    expect(readdirSync(join(run, 'checkpoints')).filter((name) => name.includes('part'))).toEqual([]);
  });
});

describe('success by checkpoint', () => {
  const row = (successes: number, suite_hash = 'a'): CheckpointSuccess => ({
    ...{ episodes: 20, successes, errors: 0, wilson: [0, 1], suite: 'smoke', seed: 101, suite_hash },
  });
  const best = () => readlinkSync(join(run, 'checkpoints', 'best_success'));
  it('adds rows and links the best that is there; of equals the earliest', () => {
    recordSuccess(run, { '001000': row(5) });
    recordSuccess(run, { '000500': row(5), '010000': row(4), '000900': row(19) });
    expect(Object.keys(readSuccess(run))).toEqual(['000500', '000900', '001000', '010000']);
    expect(best()).toBe('000500');
    recordSuccess(run, { '010000': row(6) });
    expect(best()).toBe('010000');
  });
  it('drops rates on other conditions, and names a file that is something else', () => {
    recordSuccess(run, { '001000': row(1, 'b') });
    expect(readSuccess(run)).toEqual({ '001000': row(1, 'b') });
    expect(best()).toBe('001000');
    writeFileSync(join(run, 'checkpoints', 'success.json'), '[1');
    expect(() => readSuccess(run)).toThrow(/success\.json does not hold successes/);
    rmSync(join(run, 'checkpoints', 'success.json'));
  });
});

describe('a sweep', () => {
  const request = () => ({
    checkpoints: listCheckpoints(run, 'run').exported,
    suite: 'smoke',
    selectSeed: 1,
    reportSeed: 2,
    out: join(folder, 'out'),
  });
  it('chooses on one seed, reports on the other, and runs nothing else', async () => {
    const { asked, runRollout } = fakeRollouts({
      '1 000500': '1000',
      '1 001000': '1110',
      '1 010000': '11e0',
      '2 001000': '0001',
    });
    const sweep = await sweepCheckpoints(request(), runRollout, () => {});
    expect(sweep.points.map(({ success_rate }) => success_rate)).toEqual([0.25, 0.75, 0.5]);
    expect(sweep.points[2]).toMatchObject({ errors: 1, behind_best: { difference: 0 } });
    expect(sweep.points[0].behind_best.difference).toBe(0.5);
    expect(sweep.best.step).toBe(1000);
    expect(sweep.report).toMatchObject({ successes: 1, episodes: 4, suite_hash: '2'.repeat(64) });
    expect(asked.map(({ seed, checkpoint }) => `${seed} ${checkpoint.split('/').at(-2)}`)).toEqual([
      '1 000500',
      '1 001000',
      '1 010000',
      '2 001000',
    ]);
    expect(new Set(asked.map(({ out }) => out)).size).toBe(4);
    const text = sweepText(sweep);
    expect(text).toMatch(/1000 \* +3\/4 +75\.0 %/);
    expect(text).toMatch(/seed 2, which did not choose it: 1 of 4, 25\.0 %/);
  });
  it('of equals takes the earliest', () => {
    expect(chooseBest([{ success_rate: 0.2 }, { success_rate: 0.6 }, { success_rate: 0.6 }])).toBe(1);
  });
});

describe('the plot', () => {
  const rate = (successes: number) => ({
    episodes: 50,
    successes,
    errors: 0,
    success_rate: successes / 50,
    wilson: [successes / 60, (successes + 8) / 60] as [number, number],
    suite_hash: '',
    behind_best: { difference: 0, interval: [0, 0] as [number, number] },
  });
  const sweepOf = (steps: number[]) => ({
    suite: 'smoke',
    points: steps.map((step, index) => ({ step, ...rate(index) })),
    best: { step: steps.at(-1)!, policy: '' },
    report: rate(20),
    seeds: { select: 1, report: 2 },
  });
  it('has a dot with whiskers for each checkpoint and one for the report, all inside', () => {
    const svg = sweepPlot(sweepOf([500, 1000, 2000]), 'first');
    expect(svg.match(/r="4.5"/g)).toHaveLength(4);
    const [, points] = /polyline points="([^"]+)"/.exec(svg)!;
    const places = points.split(' ').map((pair) => pair.split(',').map(Number));
    expect(places).toHaveLength(3);
    for (let k = 1; k < places.length; k++) {
      expect(places[k][0]).toBeGreaterThan(places[k - 1][0]);
      expect(places[k][1]).toBeLessThan(places[k - 1][1]);
    }
    for (const [, value] of svg.matchAll(/ (?:cx|x|x1|x2)="([^"]+)"/g))
      expect(Number(value)).toBeLessThan(760);
  });
  it('draws one checkpoint too, and escapes a name', () => {
    const svg = sweepPlot(sweepOf([500]), '<script>&');
    expect(svg).not.toMatch(/NaN|<script/);
    expect(svg).toContain('&lt;script&gt;&amp;');
  });
});
