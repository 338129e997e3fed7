/** Turns a raw H.264 stream (ITU-T H.264 annex B) into what a WebCodecs encoder gives: avcC and length-prefixed samples. */
import type { EncodedVideo } from '../../render/draw-request.ts';

/** NAL units of a stream with start codes. */
function nalUnits(stream: Uint8Array): Uint8Array[] {
  const starts: number[] = [];
  for (let i = 0; i + 2 < stream.length; i++) {
    if (stream[i] === 0 && stream[i + 1] === 0 && stream[i + 2] === 1) starts.push(i + 3);
  }
  return starts.map((start, k) => {
    let end = k + 1 < starts.length ? starts[k + 1] - 3 : stream.length;
    while (end > start && stream[end - 1] === 0) end--;
    return stream.subarray(start, end);
  });
}

/** One picture a slice: constrained baseline with slices=1. The histogram is left at zero. */
export function encodedVideoFromAnnexB(stream: Uint8Array): EncodedVideo {
  let sps: Uint8Array | undefined;
  let pps: Uint8Array | undefined;
  const samples: Uint8Array[] = [];
  const keys: number[] = [];
  for (const nal of nalUnits(stream)) {
    const type = nal[0] & 31;
    if (type === 7) sps ??= nal;
    if (type === 8) pps ??= nal;
    if (type !== 1 && type !== 5) continue;
    const sample = new Uint8Array(4 + nal.length);
    new DataView(sample.buffer).setUint32(0, nal.length);
    sample.set(nal, 4);
    samples.push(sample);
    keys.push(type === 5 ? 1 : 0);
  }
  if (!sps || !pps) throw new Error('the stream has no parameter sets');
  return {
    codec: `avc1.${Buffer.from(sps.subarray(1, 4)).toString('hex')}`,
    avcC: avcC(sps, pps),
    data: new Uint8Array(Buffer.concat(samples)),
    sampleBytes: Uint32Array.from(samples, (sample) => sample.length),
    keyFrames: Uint8Array.from(keys),
    histogram: new Uint32Array(768),
  };
}

export function avcC(sps: Uint8Array, pps: Uint8Array): Uint8Array {
  const head = [1, sps[1], sps[2], sps[3], 0xff, 0xe1, sps.length >> 8, sps.length & 255];
  return Uint8Array.from([...head, ...sps, 1, pps.length >> 8, pps.length & 255, ...pps]);
}
