/** What a policy gets to see of an environment. */
import type { Observation, View } from './policy.ts';
import type { World } from './world.ts';

/** The environment's side: all of it as of now. */
export interface FrameSource {
  readonly frames: number;
  readonly world: World;
  readonly view: View | undefined;
  state(): Float32Array;
  pose(): Float32Array;
  poses(): Float32Array;
}

/** Reads from the environment when asked, so that a policy pays only for what it looks at. */
export class ShownFrame implements Observation {
  readonly frame: number;
  readonly #source: FrameSource;

  constructor(source: FrameSource) {
    this.#source = source;
    this.frame = source.frames;
  }

  get state(): Float32Array {
    return this.#now().state();
  }

  get pose(): Float32Array {
    return this.#now().pose();
  }

  get poses(): Float32Array {
    return this.#now().poses();
  }

  get world(): World {
    return this.#now().world;
  }

  picture(camera: string): Promise<Uint8Array> {
    const { view } = this.#now();
    if (!view) throw new Error(`the policy looks at the camera ${camera}, and the environment has no view`);
    return view.draw(this, camera);
  }

  #now(): FrameSource {
    const { frames } = this.#source;
    if (frames !== this.frame)
      throw new Error(`frame ${this.frame} was looked at when frame ${frames} was shown`);
    return this.#source;
  }
}
