/** The golden frames of the fixture, drawn again by the real renderer, as they are and with something wrong. */
import { rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { checkGoldenFrames } from '../../policy/golden-frames.ts';
import { loadPolicy, type PolicyFolder } from '../../policy/policy-folder.ts';
import type { CodedRequest } from '../../render/draw-request.ts';
import { type HeadlessRenderer, openRenderer } from '../../render/renderer.ts';
import { alteredPolicy, TINY_POLICY } from './altered-policy.ts';

const made: string[] = [];
let renderer: HeadlessRenderer;
beforeAll(async () => {
  renderer = await openRenderer();
});
afterAll(() => renderer.close());
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** The renderer with its pixels changed before anybody sees them. */
function seenThrough(change: (rgb: Uint8Array, at: number) => number): Pick<HeadlessRenderer, 'egoRgb'> {
  return {
    egoRgb: async (request, frame) => {
      const rgb = await renderer.egoRgb(request, frame);
      return rgb.map((_, i) => change(rgb, i));
    },
  };
}

describe('golden frames', () => {
  let policy: PolicyFolder;
  beforeAll(async () => {
    policy = await loadPolicy(TINY_POLICY);
  });

  it('are drawn here as they were for the training', async () => {
    const verdict = await checkGoldenFrames(policy, { egoRgb: (...all) => renderer.egoRgb(...all) });
    expect(verdict).toMatchObject({ frames: 2, skipped: null, state: 0 });
    expect(verdict.worstBlock).toBeGreaterThan(0);
  });

  it('are nearer to the recorded ones through the codec, which those went through', async () => {
    const [drawn, coded] = [
      await checkGoldenFrames(policy, { egoRgb: (request, frame) => renderer.egoRgb(request, frame) }),
      await checkGoldenFrames(policy, renderer),
    ];
    expect(drawn.equal).toBe(0);
    for (const channel of [0, 1, 2]) expect(coded.meanAbs[channel]).toBeLessThan(drawn.meanAbs[channel] / 2);
  });

  it('are drawn through the codec where it left too much behind, and refused where that does not explain it', async () => {
    const smeared = seenThrough((rgb, i) => (Math.floor(i / 3) < 160 * 8 ? rgb[i] ^ 32 : rgb[i]));
    await expect(checkGoldenFrames(policy, smeared)).rejects.toThrow('of 255');
    const coded = { codedRgb: renderer.codedRgb.bind(renderer), coded: 'those that differ' as const };
    const verdict = await checkGoldenFrames(policy, { ...smeared, ...coded });
    expect(verdict).toMatchObject({ frames: 2, skipped: null });
    const wrong = {
      ...coded,
      codedRgb: async (request: CodedRequest) => await smeared.egoRgb(request, request.frames - 1),
    };
    await expect(checkGoldenFrames(policy, { ...smeared, ...wrong })).rejects.toThrow('of 255');
  });

  it('are refused where red and blue are swapped', async () => {
    const swapped = seenThrough((rgb, i) => rgb[i + [2, 0, -2][i % 3]]);
    await expect(checkGoldenFrames(policy, swapped)).rejects.toThrow(/pair 0 .* differs: by \d+\.\d of 255/);
  });

  it('are refused where full range was taken for limited', async () => {
    const limited = seenThrough((rgb, i) => 16 + (rgb[i] * 219) / 255);
    await expect(checkGoldenFrames(policy, limited)).rejects.toThrow('changed since the training');
  });

  it('are refused where the picture is shifted by three pixels', async () => {
    const shifted = seenThrough((rgb, i) => rgb[i + 9] ?? rgb[i]);
    await expect(checkGoldenFrames(policy, shifted)).rejects.toThrow('the camera, the light or the colours');
  });

  it.each([
    ['higher', 'heightM', 0.1],
    ['turned', 'yawRad', 0.12],
    ['wider', 'fovRad', 0.08],
  ])('are refused where the camera is %s', async (_name, key, by) => {
    const moved: Pick<HeadlessRenderer, 'egoRgb'> = {
      egoRgb: (request, frame) => {
        const start = structuredClone(request.start);
        const camera = start.visual.camera as unknown as Record<string, number>;
        camera[key] += by;
        return renderer.egoRgb({ ...request, start }, frame);
      },
    };
    await expect(checkGoldenFrames(policy, moved)).rejects.toThrow('of 255');
  });
});

describe('golden states', () => {
  it('are refused where the policy is said to run at another rate', async () => {
    const policy = await loadPolicy(
      alteredPolicy(made, {
        contract: (json) => {
          json.fps = 20;
        },
      }),
    );
    await expect(checkGoldenFrames(policy, renderer)).rejects.toThrow(
      /run again at 20 Hz, loader_rotation is/,
    );
  });

  it('are refused where their order was swapped', async () => {
    const golden = ({ pairs }: { pairs: { state: number[] }[] }) => {
      for (const pair of pairs) pair.state = [pair.state[1], pair.state[0], pair.state[2], pair.state[3]];
    };
    const policy = await loadPolicy(alteredPolicy(made, { golden }));
    await expect(checkGoldenFrames(policy, renderer)).rejects.toThrow(/loader_x is .* recorded/);
  });

  it('are refused where the start is damaged or missing', async () => {
    const golden = ({ pairs }: { pairs: { replay: { start: Record<string, unknown> } | null }[] }) => {
      pairs[0].replay!.start = { bricks: [{}] };
      pairs[1].replay = null;
    };
    const policy = await loadPolicy(alteredPolicy(made, { golden }));
    const refusal = expect(checkGoldenFrames(policy, renderer)).rejects;
    await refusal.toThrow(/pair 0 .* its start is damaged[\s\S]*pair 1 .* does not say how/);
  });
});
