/** A policy that answers with chunks of actions: when it is asked, and which of its answers act. */

import type { ActionChunks } from '../policy/action-chunks.ts';
import type { Environment } from '../sim/engine/environment.ts';
import type { Driver } from './driver.ts';

export interface PolicyPorts {
  /** Called in every frame before anything else, asked or not. */
  watch?(run: Environment): void;
  /** RGB of the frame shown now. */
  draw(run: Environment): Promise<Uint8Array>;
  query(frame: Uint8Array, state: Float32Array): Promise<Float32Array>;
}

export class PolicyDriver implements Driver {
  readonly queryFrames: number[] = [];
  drawS = 0;
  readonly #ports: PolicyPorts;
  readonly #chunks: ActionChunks;

  constructor(ports: PolicyPorts, chunks: ActionChunks) {
    this.#ports = ports;
    this.#chunks = chunks;
  }

  async act(run: Environment): Promise<ArrayLike<number>> {
    const frame = run.frames;
    this.#ports.watch?.(run);
    if (this.#chunks.asksAt(frame)) this.#chunks.add(frame, await this.#ask(run, frame));
    return this.#chunks.actionAt(frame);
  }

  async #ask(run: Environment, frame: number): Promise<Float32Array> {
    this.queryFrames.push(frame);
    const from = performance.now();
    const picture = await this.#ports.draw(run);
    this.drawS += (performance.now() - from) / 1000;
    return this.#ports.query(picture, run.observe());
  }
}
