/** The process that runs a policy's graph: the graph comes through a pipe, questions and answers as messages. */
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { InferenceSession as Session } from 'onnxruntime-node';
import { addSince, threadTime } from '../runtime/thread-time.ts';
import { InferenceSession, SESSION_OPTIONS, Tensor } from './onnxruntime.ts';
import type { SessionLimits } from './session-limits.ts';
import { GRAPH_PIPE, LIFELINE_PIPE, type Question, type Reply } from './session-messages.ts';
import type { WatchdogData } from './session-watchdog.ts';

function serve(limits: SessionLimits): void {
  // Ctrl-C reaches the whole group; whoever asks decides when this ends.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
  process.on('disconnect', () => process.exit());
  const asked = new SharedArrayBuffer(8);
  const askedAtS = new Float64Array(asked);
  const begin = (): void => {
    const { user, system } = process.cpuUsage();
    askedAtS[0] = (user + system) / 1e6;
  };
  begin();
  const workerData: WatchdogData = { limits, lifeline: LIFELINE_PIPE, asked };
  new Worker(new URL('./session-watchdog.ts', import.meta.url), { workerData });
  const answer = (reply: Reply): void => {
    askedAtS[0] = -1;
    process.send!(reply);
  };
  const opening = InferenceSession.create(readFileSync(GRAPH_PIPE), SESSION_OPTIONS);
  opening.then(
    ({ inputMetadata, outputMetadata }) =>
      answer({ kind: 'opened', inputs: inputMetadata, outputs: outputMetadata }),
    (error: Error) => answer({ kind: 'error', id: null, message: firstLine(error) }),
  );
  let last: Promise<unknown> = opening;
  process.on('message', (question: Question) => {
    // One after the other, so that each has the limits to itself.
    last = last.then(async () => {
      begin();
      try {
        answer(await answerTo(await opening, question));
      } catch (error) {
        answer({ kind: 'error', id: question.id, message: firstLine(error as Error) });
      }
    });
  });
}

async function answerTo(session: Session, { id, feeds, output, dims }: Question): Promise<Reply> {
  const tensors = Object.fromEntries(
    Object.entries(feeds).map(([name, { data, dims }]) => [
      name,
      data instanceof Float32Array ? new Tensor('float32', data, dims) : new Tensor('uint8', data, dims),
    ]),
  );
  // The runtime computes in a later turn of this thread's loop: a turn asked for just before begins right before it.
  let from = threadTime();
  setImmediate(() => {
    from = threadTime();
  });
  const results = await session.run(tensors, [output]);
  const spent = { wallS: 0, cpuS: 0 };
  addSince(spent, from);
  const found = results[output];
  if (found.dims.join() !== dims.join())
    throw new RangeError(
      `it answers with shape (${found.dims.join(', ')}), policy.json says (${dims.join(', ')})`,
    );
  return { kind: 'answer', id, data: Float32Array.from(found.data as Float32Array), ...spent };
}

const firstLine = (error: Error): string => error.message.split('\n')[0];

serve(JSON.parse(process.argv[2]) as SessionLimits);
