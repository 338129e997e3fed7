/** The page: takes jobs from its socket, draws, encodes, and answers. One job at a time, in order. */
import { CodedStream } from './coded-stream.ts';
import { EpisodeEncoder } from './episode-encoder.ts';
import { countPixels } from './histogram.ts';
import { type PageJob, type PageReply, packMessage, unpackMessage } from './message.ts';
import { Painter, upright } from './painter.ts';
import { encodeRuns } from './run-length.ts';
import { i420Bytes, rgbaToI420 } from './yuv.ts';

/** A sign of life every so many frames. */
const PROGRESS_FRAMES = 50;

const socket = new WebSocket(new URL('jobs', location.href.replace(/^http/, 'ws')));
socket.binaryType = 'arraybuffer';
const reply = (message: PageReply, sections: ArrayBufferView[] = []) =>
  socket.send(packMessage(message, sections));

function broken(message: string): void {
  if (socket.readyState === WebSocket.OPEN) reply({ kind: 'broken', message });
}

window.addEventListener('error', (event) => broken(`error in the page: ${event.message}`));
window.addEventListener('unhandledrejection', (event) => broken(`unhandled in the page: ${event.reason}`));

const canvas = document.createElement('canvas');
canvas.addEventListener('webglcontextlost', () => broken('the WebGL context was lost'));

socket.addEventListener('open', () => {
  try {
    const painter = new Painter(canvas);
    reply({ kind: 'ready', ...painter.glStrings() });
    let queue = Promise.resolve();
    socket.addEventListener('message', (event) => {
      queue = queue.then(() => answer(painter, new Uint8Array(event.data as ArrayBuffer)));
    });
  } catch (error) {
    broken(`WebGL 2 does not start: ${error instanceof Error ? error.message : error}`);
  }
});

async function answer(painter: Painter, bytes: Uint8Array): Promise<void> {
  const { header, sections } = unpackMessage<PageJob>(bytes);
  try {
    const poses = sections.length > 0 ? new Float32Array(sections[0]) : new Float32Array();
    if (header.kind === 'encode') {
      await encode(painter, header, poses, new Uint32Array(sections[1]));
    } else if (header.kind === 'measure') {
      reply({ kind: 'measured', id: header.id, seconds: await measure(painter, header, poses) });
    } else if (header.kind === 'coded') {
      reply({ kind: 'pixels', id: header.id }, [await coded(painter, header, poses)]);
    } else if (header.kind === 'end-stream') {
      endStream(header.stream);
      reply({ kind: 'stream-ended', id: header.id });
    } else {
      reply({ kind: 'pixels', id: header.id }, await pixels(painter, header, poses));
    }
  } catch (error) {
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    reply({ kind: 'failed', id: header.id, message });
  }
}

type Job<K extends PageJob['kind']> = Extract<PageJob, { kind: K }>;

async function encode(
  painter: Painter,
  job: Job<'encode'>,
  poses: Float32Array,
  statFrames: Uint32Array,
): Promise<void> {
  const { id, widthPx, heightPx, frames, fps, statStride } = job;
  await painter.open(job.start, widthPx, heightPx);
  const histogram = new Uint32Array(3 * 256);
  const i420 = new Uint8Array(i420Bytes(widthPx, heightPx));
  const encoder = new EpisodeEncoder(widthPx, heightPx, fps);
  let nextStat = 0;
  try {
    for (let frame = 0; frame < frames; frame++) {
      painter.drawEgo(poses, frame);
      const rgba = painter.read();
      if (statFrames[nextStat] === frame) {
        countPixels(rgba, widthPx, heightPx, statStride, histogram);
        nextStat++;
      }
      rgbaToI420(new Uint32Array(rgba.buffer), widthPx, heightPx, i420);
      await encoder.push(i420);
      if (frame % PROGRESS_FRAMES === 0) reply({ kind: 'progress', id, frames: frame });
    }
    const encoded = await encoder.finish();
    reply({ kind: 'encoded', id, codec: encoded.codec }, [
      encoded.avcC,
      encoded.data,
      encoded.sampleBytes,
      encoded.keyFrames,
      histogram,
    ]);
  } catch (error) {
    encoder.abandon();
    throw error;
  }
}

/** Episodes whose frames are coded as they happen, by name. */
const streams = new Map<string, CodedStream>();

function endStream(name: string): void {
  streams.get(name)?.close();
  streams.delete(name);
}

async function coded(painter: Painter, job: Job<'coded'>, poses: Float32Array): Promise<Uint8Array> {
  const { id, stream, widthPx, heightPx, frames, fps } = job;
  await painter.open(job.start, widthPx, heightPx);
  const i420 = new Uint8Array(i420Bytes(widthPx, heightPx));
  const open = streams.get(stream) ?? new CodedStream(widthPx, heightPx, fps);
  streams.set(stream, open);
  try {
    for (let frame = 0; ; frame++) {
      painter.drawEgo(poses, frame);
      rgbaToI420(new Uint32Array(painter.read().buffer), widthPx, heightPx, i420);
      if (frame === frames - 1) return await open.pushAndLook(i420);
      await open.push(i420);
      if (frame % PROGRESS_FRAMES === 0) reply({ kind: 'progress', id, frames: frame });
    }
  } catch (error) {
    endStream(stream);
    throw error;
  }
}

async function pixels(
  painter: Painter,
  job: Job<'ego' | 'rgb' | 'top'>,
  poses: Float32Array,
): Promise<ArrayBufferView[]> {
  await painter.open(job.start, job.widthPx, job.heightPx);
  if (job.kind === 'rgb') {
    painter.drawEgo(poses, job.row);
    return [encodeRuns(new Uint32Array(painter.read().buffer), job.widthPx, job.heightPx)];
  }
  const rows = job.kind === 'ego' ? job.rows : [job.row];
  return rows.map((row) => {
    if (job.kind === 'ego') painter.drawEgo(poses, row);
    else painter.drawTop(poses, row);
    return upright(painter.read(), job.widthPx, job.heightPx);
  });
}

/** Seconds that all frames took, as far down the path as asked. Drawing alone still waits for the last frame. */
async function measure(painter: Painter, job: Job<'measure'>, poses: Float32Array): Promise<number> {
  const { widthPx, heightPx } = job;
  await painter.open(job.start, widthPx, heightPx);
  const i420 = new Uint8Array(i420Bytes(widthPx, heightPx));
  const started = performance.now();
  for (let frame = 0; frame < job.frames; frame++) {
    painter.drawEgo(poses, frame);
    if (job.what === 'draw' && frame < job.frames - 1) continue;
    const rgba = painter.read();
    if (job.what === 'convert') rgbaToI420(new Uint32Array(rgba.buffer), widthPx, heightPx, i420);
  }
  return (performance.now() - started) / 1000;
}
