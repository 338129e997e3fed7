/** Asks the process that runs a policy's graph, and says how it ended where it did not answer. */
import { type ChildProcess, fork } from 'node:child_process';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { InputError } from '../sim/errors.ts';
import { OVER_LIMIT_SIGNALS, type SessionLimits } from './session-limits.ts';
import type { Metadata, Question, Reply } from './session-messages.ts';
import { GRAPH_PIPE } from './session-messages.ts';

export type Answer = Extract<Reply, { kind: 'answer' }>;

/** The graph gave no answer: a fault of the policy, which bad luck in one rollout may be as well. */
export class GraphError extends InputError {
  override name = 'GraphError';
}

/** So did its process, which ended: another one has to be started before anything is asked again. */
export class GraphEnded extends GraphError {
  override name = 'GraphEnded';
}

export class GraphProcess {
  /** Of the graph; once `open` has resolved. */
  inputs: Metadata = [];
  outputs: Metadata = [];
  /** Why it no longer answers. */
  #ended: GraphEnded | undefined;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, PromiseWithResolvers<Answer>>();
  readonly #opened = Promise.withResolvers<void>();
  #next = 0;

  private constructor(limits: SessionLimits) {
    this.#child = fork(
      fileURLToPath(new URL('./session-process.ts', import.meta.url)),
      [JSON.stringify(limits)],
      {
        execArgv: ['--disable-warning=ExperimentalWarning'],
        serialization: 'advanced',
        // Messages are the fourth; then the graph, and a pipe that closes when this end does.
        stdio: ['ignore', 'ignore', 'ignore', 'ipc', 'pipe', 'pipe'],
      },
    );
    this.#child.on('message', (reply: Reply) => this.#take(reply));
    this.#child.on('exit', (code, signal) => this.#end(new GraphEnded(endingText(code, signal, limits))));
    this.#child.on('error', (error) =>
      this.#end(new GraphEnded(`its process did not start: ${error.message}`)),
    );
  }

  /** @throws GraphError with the runtime's sentence, or how the process ended */
  static async open(onnx: Uint8Array, limits: SessionLimits): Promise<GraphProcess> {
    const process = new GraphProcess(limits);
    const [graph, lifeline] = process.#child.stdio.slice(GRAPH_PIPE) as unknown as Writable[];
    // Where the process ends before it has read all, `exit` says how.
    graph.on('error', () => {}).end(onnx);
    lifeline.on('error', () => {});
    try {
      await process.#opened.promise;
      return process;
    } catch (error) {
      process.close();
      throw error;
    }
  }

  get isRunning(): boolean {
    return this.#ended === undefined;
  }

  /** @throws GraphError with the runtime's sentence, or how the process ended */
  async ask(question: Omit<Question, 'id'>): Promise<Answer> {
    if (this.#ended) throw this.#ended;
    const id = this.#next++;
    const waiting = Promise.withResolvers<Answer>();
    this.#waiting.set(id, waiting);
    // A process that is ending does not take it; `exit` then answers.
    this.#child.send({ ...question, id }, () => {});
    return waiting.promise;
  }

  close(): void {
    this.#ended ??= new GraphEnded('the policy was closed');
    this.#child.kill('SIGKILL');
  }

  #take(reply: Reply): void {
    if (reply.kind === 'opened') {
      this.inputs = reply.inputs;
      this.outputs = reply.outputs;
      this.#opened.resolve();
    } else if (reply.kind === 'answer') {
      this.#waiting.get(reply.id)?.resolve(reply);
      this.#waiting.delete(reply.id);
    } else if (reply.id === null) this.#opened.reject(new GraphError(reply.message));
    else {
      this.#waiting.get(reply.id)?.reject(new GraphError(reply.message));
      this.#waiting.delete(reply.id);
    }
  }

  #end(error: GraphEnded): void {
    this.#ended ??= error;
    this.#opened.reject(this.#ended);
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
  }
}

function endingText(code: number | null, signal: NodeJS.Signals | null, limits: SessionLimits): string {
  if (signal === OVER_LIMIT_SIGNALS.cpu)
    return `the graph did not answer within ${limits.cpuS.toFixed(0)} s of CPU time, which is far more than its size needs`;
  if (signal === OVER_LIMIT_SIGNALS.memory)
    return `the graph took more than ${(limits.memoryBytes / 1e6).toFixed(0)} MB of memory, which is far more than its size needs`;
  return `the process that runs the graph ended (${signal ?? `exit ${code}`})`;
}
