/** What is asked of the browser for a policy's frames, with a browser that notes it. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { CodedRequest } from '../../render/draw-request.ts';
import { openView } from '../../rollouts/policy-view.ts';
import { adHocSet } from '../../scenarios/suites/suite.ts';
import { Environment } from '../../sim/engine/environment.ts';
import { loadTask } from '../../sim/tasks/load-task.ts';

const { start } = adHocSet('one-brick', 1, 0, '/').conditions[0];
const SETTINGS = { fps: 10, widthPx: 4, heightPx: 2, throughCodec: true };

function notingBrowser() {
  const asked: { frames: number; poses: number[]; stream: string }[] = [];
  const ended: string[] = [];
  return {
    asked,
    ended,
    egoRgb: async () => new Uint8Array(),
    codedRgb: async ({ frames, poses, stream }: CodedRequest, into: Uint8Array) => {
      asked.push({ frames, poses: [...poses], stream });
      return into;
    },
    endStream: async (stream: string) => void ended.push(stream),
  };
}

describe('a view through the codec', () => {
  beforeAll(async () => {
    await loadTask();
  });

  it('hands over every frame up to the one asked for, however few are asked for', async () => {
    const browser = notingBrowser();
    const view = openView(browser, start, SETTINGS);
    const run = new Environment(start);
    for (let frame = 0; frame < 300; frame++) {
      if (frame % 149 === 0) await view.draw(run.observe(), 'ego');
      run.act([0.1, 1, 0, 0]);
    }
    const { poses } = run.trajectory();
    run.dispose();
    const size = run.spec.poseSize;
    expect(browser.asked.map(({ frames }) => frames)).toEqual([1, 150, 299]);
    for (const each of browser.asked) expect(each.poses).toEqual([...poses.slice(0, each.frames * size)]);
  });

  it('never shares a stream, and ends its own', async () => {
    const browser = notingBrowser();
    const run = new Environment(start);
    const views = [openView(browser, start, SETTINGS), openView(browser, start, SETTINGS)];
    for (const view of views) {
      await view.draw(run.observe(), 'ego');
      await view.close();
    }
    run.dispose();
    const streams = browser.asked.map(({ stream }) => stream);
    expect(new Set(streams).size).toBe(2);
    expect(browser.ended).toEqual(streams);
  });
});
