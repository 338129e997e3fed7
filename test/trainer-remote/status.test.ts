/** What a person reads of a run; pictures of whole pages, so that a changed word is seen. */
import { describe, expect, it } from 'vitest';
import { LiveStatus } from '../../trainer/launch/remote/live-status.ts';
import { reportText, statusLine, statusText } from '../../trainer/launch/remote/status-text.ts';
import type { RunStatus } from '../../trainer/launch/supervisor/status.ts';

const STATUS: RunStatus = {
  run: '20260131-100000-abc',
  atMs: Date.UTC(2026, 0, 31, 10, 30),
  phase: 'training',
  machine: {
    name: 'by-20260131-100000-abc-2',
    zone: 'us-central1-b',
    type: 'a2-highgpu-1g',
    gpu: 'A100',
    gpus: 1,
    address: '10.1.2.3',
    found: false,
  },
  attempt: 2,
  restarts: 1,
  preemptions: 1,
  step: 1200,
  steps: 6000,
  loss: 0.04231,
  stepsPerS: 9.81,
  etaS: 489,
  gpuMemoryBytes: 12.3e9,
  steppedAtMs: Date.UTC(2026, 0, 31, 10, 29, 58),
  newestCheckpoint: 1000,
  uploadFault: null,
  hours: 0.52,
  maxHours: 24,
  spentUsd: 0.61,
  usdPerHour: 1.17,
  maxCostUsd: 40,
  troubles: [],
  outcome: null,
  cleanUp: 'not-begun',
  left: [],
};
const CONTEXT = { nowMs: STATUS.atMs + 3000, supervisor: 'process 4711' };

describe('train status', () => {
  it('is a page', () => {
    expect(statusText(STATUS, CONTEXT)).toBe(
      `run         20260131-100000-abc
phase       training
machine     by-20260131-100000-abc-2, 1 A100 (a2-highgpu-1g) in us-central1-b, 10.1.2.3
progress    [####--------------------] 1,200/6,000 steps, 9.81 steps/s, ETA 8 min 09 s
loss        0.0423
checkpoint  step 1,000 in storage, 200 steps ago
gpu memory  12.3 GB
attempts    2 (1 restart, 1 preemption)
time        0.5 of 24 h
cost        $0.61 of $40.00, $1.17 an hour now
clean-up    when it ends
watched     by process 4711; this is 3 s old`,
    );
  });

  it('says outcome and clean-up apart', () => {
    const text = statusText(
      {
        ...STATUS,
        phase: 'ended',
        outcome: { kind: 'succeeded', reason: 'all 6,000 steps were done' },
        cleanUp: 'left',
        left: ['by-x-2'],
      },
      { ...CONTEXT, supervisor: null },
    );
    expect(text).toMatch(/^phase +ended: succeeded$/m);
    expect(text).toMatch(
      /^clean-up +NOT done: by-x-2 may still cost money; `brickyard train cleanup` tries again$/m,
    );
  });

  it('shouts when nobody looks after a run that goes on', () => {
    const text = statusText(STATUS, { nowMs: STATUS.atMs + 33 * 60_000, supervisor: null });
    expect(text).toMatch(/^watched +by NOBODY for 33 min 00 s: `brickyard train resume`/m);
  });

  it('leaves out what nobody knows', () => {
    const text = statusText(
      {
        ...STATUS,
        phase: 'looking',
        machine: null,
        step: null,
        loss: null,
        attempt: 0,
        newestCheckpoint: null,
        spentUsd: null,
        gpuMemoryBytes: null,
      },
      CONTEXT,
    );
    expect(text).not.toMatch(/^(machine|progress|loss|attempts|gpu memory)/m);
    expect(text).toMatch(/^cost +not known of \$40.00/m);
  });
});

it('has a line for a terminal and one for a report', () => {
  expect(statusLine(STATUS)).toBe(
    'training | [####--------------------] 1,200/6,000 steps | loss 0.0423 | 9.81 steps/s | ETA 8 min 09 s | A100 in us-central1-b | $0.61 of $40.00',
  );
  expect(reportText({ ...STATUS, why: 'restarted' })).toMatch(
    /^10:30 UTC {2}the trainer was started again; .*loss 0.0423; newest checkpoint 1,000; .*0.52 h; \$0.61 of \$40.00/,
  );
});

describe('a live status', () => {
  const terminal = (isTTY: boolean) => {
    let text = '';
    const stream = {
      isTTY,
      columns: 200,
      write: (part: string) => {
        text += part;
        return true;
      },
    };
    return { stream: stream as unknown as NodeJS.WriteStream, shown: () => text };
  };
  const scrub = (text: string): string => text.replaceAll('A100', '[secret]');

  it('redraws one line in a terminal, and lets no secret through', () => {
    const { stream, shown } = terminal(true);
    const live = new LiveStatus(stream, false, scrub);
    live.status(STATUS);
    live.note('an A100 came');
    live.end();
    expect(shown()).toContain('\r\x1b[2Kan [secret] came\ntraining | ');
    expect(shown()).not.toContain('A100');
    expect(shown().endsWith('\n')).toBe(true);
  });

  it('tells a log of every phase and of little else', () => {
    const { stream, shown } = terminal(false);
    const live = new LiveStatus(stream, false, scrub);
    for (let k = 0; k < 30; k++) live.status({ ...STATUS, atMs: STATUS.atMs + k * 1000 });
    live.status({ ...STATUS, phase: 'cleaning-up' });
    expect(shown().trim().split('\n')).toHaveLength(2);
    const quiet = terminal(false);
    new LiveStatus(quiet.stream, true, scrub).status(STATUS);
    expect(quiet.shown()).toBe('');
  });
});
