/** Video without pictures, for tests that do not decode: a real decoder configuration and samples of random bytes. */
import type { EncodedVideo } from '../../render/draw-request.ts';
import { Rng } from '../../sim/engine/rng.ts';

/** x264, constrained baseline, 96x64. */
const AVCC_96X64 = '0142c00affe100156742c00ada189a1000000300100000030140f1226a01000568ce02bc80';

export function madeUpVideo({ frames, seed }: { frames: number; seed: number }): EncodedVideo {
  const rng = Rng.from('made-up-video', seed);
  const sampleBytes = Uint32Array.from({ length: frames }, () => rng.integer(1, 60));
  const total = sampleBytes.reduce((a, b) => a + b, 0);
  return {
    codec: 'avc1.42c00a',
    avcC: Uint8Array.from(Buffer.from(AVCC_96X64, 'hex')),
    data: Uint8Array.from({ length: total }, () => rng.integer(0, 255)),
    sampleBytes,
    keyFrames: Uint8Array.from({ length: frames }, (_, frame) => (frame % 10 === 0 ? 1 : 0)),
    histogram: Uint32Array.from({ length: 768 }, () => rng.integer(0, 500)),
  };
}
