/** A network that drives: when it is asked, what it is shown, and which of its answers act. */
import type { Answer, Observation, Policy } from '../sim/engine/policy.ts';
import { ActionChunks, type ChunkOptions, type ChunkShape } from './action-chunks.ts';

/** A PolicySession, or what stands in for one. */
export interface Network {
  readonly contract: ChunkShape & {
    readonly inputs: { readonly images: readonly { readonly name: string }[] };
  };
  /** Chunk x actions, one row after the other, for a picture of each camera and the state. */
  query(pictures: readonly Uint8Array[], state: Float32Array): Promise<Float32Array>;
}

export class OnnxPolicy implements Policy {
  readonly actionSteps: number;
  readonly history: number;
  readonly cameras: readonly string[];
  readonly #network: Network;
  readonly #options: ChunkOptions;
  #chunks: ActionChunks;

  constructor(network: Network, options: ChunkOptions) {
    const { chunk, inputs } = network.contract;
    this.#network = network;
    this.#options = options;
    this.#chunks = new ActionChunks(network.contract, options);
    this.actionSteps = options.actionSteps;
    // What an average says of a frame was seen in all frames that its chunks were asked for in.
    this.history = this.#chunks.averages ? chunk : 1;
    this.cameras = inputs.images.map(({ name }) => name);
  }

  reset(): void {
    this.#chunks = new ActionChunks(this.#network.contract, this.#options);
  }

  async act(observation: Observation): Promise<Answer> {
    const { frame } = observation;
    const queried = this.#chunks.asksAt(frame);
    if (queried) this.#chunks.add(frame, await this.#ask(observation));
    return { action: this.#chunks.actionAt(frame), queried };
  }

  async #ask(observation: Observation): Promise<Float32Array> {
    const pictures = await Promise.all(this.cameras.map((camera) => observation.picture(camera)));
    return this.#network.query(pictures, observation.state);
  }
}
