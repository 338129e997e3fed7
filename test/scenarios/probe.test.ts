import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { probeLines, probeStart, summarizeProbe } from '../../scenarios/probe.ts';
import { loadScenario } from '../../scenarios/registry.ts';
import { loadTask } from '../../sim/tasks/load-task.ts';

beforeAll(() => loadTask());

test('a start that nobody can solve is shown to be so', () => {
  const hopeless = loadScenario(join(import.meta.dirname, '../generator/fixtures/too-short.yaml'), '/');
  const start = probeStart(hopeless, 0, 0, 3);
  expect(start).toMatchObject({ outcome: 'timeout', solvedByOthers: 0 });
  const lines = probeLines(summarizeProbe('too-short', [start]), 3);
  expect(lines[0]).toContain('1 timeout');
  expect(lines[1]).toContain('none of 3 other ways of driving solved it');
});

test('a start that the expert solves needs no other opinion; the same start gives the same answer', () => {
  const easy = loadScenario('start-loaded', '/');
  const start = probeStart(easy, 0, 1, 3);
  expect(start.outcome).toBe('success');
  expect(start.solvedByOthers).toBeUndefined();
  expect(probeStart(easy, 0, 1, 0)).toEqual(start);
});

test('a summary counts by reason and takes lengths of successes alone', () => {
  const of = (outcome: 'success' | 'stuck', frames: number, slot: number) => ({
    slot,
    things: 1,
    outcome,
    frames,
    detail: '',
  });
  const summary = summarizeProbe('x', [of('success', 100, 0), of('stuck', 999, 1), of('success', 300, 2)]);
  expect(summary).toMatchObject({
    attempts: 3,
    successes: 2,
    frames: { median: 300, p95: 300 },
    byReason: { stuck: 1 },
  });
});
