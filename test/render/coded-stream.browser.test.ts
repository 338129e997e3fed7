/** Frames through the codec one by one, against the video that is made of them all. */
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RenderSession } from '../../render/render-session.ts';
import { type HeadlessRenderer, openRenderer } from '../../render/renderer.ts';
import { trialScene } from '../../sim/tasks/collect-bricks/trial-scene.ts';
import { annexB } from './annex-b.ts';

const FRAMES = 25;

let renderer: HeadlessRenderer;
let session: RenderSession;
beforeAll(async () => {
  renderer = await openRenderer();
  const { backend } = renderer.stack;
  session = new RenderSession({ backend, onOpened: () => {}, onClosed: () => {} });
});
afterAll(() => Promise.all([renderer.close(), session.close()]));

type Scene = ReturnType<typeof trialScene>;

/** All frames of the scene's video as ffmpeg decodes them, RGB. */
async function decodedVideo(scene: Scene): Promise<Buffer> {
  const stats = { statFrames: new Uint32Array(0), statStride: 1 };
  const video = await renderer.encode({ ...scene, fps: 10, ...stats });
  const options = ['-loglevel', 'error', '-f', 'h264', '-i', 'pipe:', '-f', 'rawvideo', '-pix_fmt', 'rgb24'];
  return execFileSync('ffmpeg', [...options, 'pipe:'], { input: annexB(video), maxBuffer: 1 << 30 });
}

/** The first frames of the scene. */
function upTo(scene: Scene, frames: number) {
  const row = scene.poses.length / scene.frames;
  return { ...scene, poses: scene.poses.subarray(0, frames * row), frames };
}

describe('a frame through the codec', () => {
  it.each([
    ['every frame', 1],
    ['every eighth frame', 8],
  ])('is to the bit what its video shows, asked for %s', async (name, every) => {
    const scene = trialScene({ frames: FRAMES });
    const bytes = scene.widthPx * scene.heightPx * 3;
    const decoded = await decodedVideo(scene);
    const picture = new Uint8Array(bytes);
    for (let frame = 0; frame < FRAMES; frame += every) {
      await session.codedRgb({ ...upTo(scene, frame + 1), stream: name, fps: 10 }, picture);
      const shown = decoded.subarray(frame * bytes, (frame + 1) * bytes);
      expect(Buffer.compare(picture, shown), `frame ${frame}`).toBe(0);
    }
    await session.endStream(name);
  });

  it('is the same for two episodes in turn, and after another browser took over', async () => {
    const scenes = [trialScene({ frames: FRAMES }), trialScene({ frames: FRAMES, bricks: 3 })];
    const decoded = await Promise.all(scenes.map(decodedVideo));
    const picture = new Uint8Array(scenes[0].widthPx * scenes[0].heightPx * 3);
    for (const frame of [3, 11, 24]) {
      for (const [i, scene] of scenes.entries()) {
        await session.codedRgb({ ...upTo(scene, frame + 1), stream: `episode ${i}`, fps: 10 }, picture);
        const shown = decoded[i].subarray(frame * picture.length, (frame + 1) * picture.length);
        expect(Buffer.compare(picture, shown), `episode ${i}, frame ${frame}`).toBe(0);
      }
      if (frame === 11) await session.close();
    }
  });
});
