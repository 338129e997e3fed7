/** Draws rows of poses and reads the pixels back: the only WebGL there is. */
import {
  type Camera,
  DepthFormat,
  DepthTexture,
  UnsignedShortType,
  WebGLRenderer,
  WebGLRenderTarget,
} from 'three';
import type { SceneMaker, TaskScene } from '../../sim/engine/scene/task-scene.ts';
import { loadScene } from '../../sim/tasks/load-scene.ts';
import type { SceneStart } from '../draw-request.ts';

export interface GlStrings {
  glVendor: string;
  glRenderer: string;
  glVersion: string;
}

/** As many as two rollouts take turns in, and one more that has just ended. */
const KEPT_SCENES = 3;

export class Painter {
  readonly #renderer: WebGLRenderer;
  readonly #gl: WebGL2RenderingContext;
  #target: WebGLRenderTarget | undefined;
  #world: TaskScene | undefined;
  #pixels = new Uint8Array(0);
  /** The scenes drawn lately, the latest last. */
  readonly #scenes = new Map<string, TaskScene>();
  readonly #past: TaskScene[] = [];

  constructor(canvas: HTMLCanvasElement) {
    this.#renderer = new WebGLRenderer({
      canvas,
      antialias: false,
      alpha: false,
      depth: false,
      stencil: false,
    });
    // Three.js only logs a shader that does not compile, and leaves out what it should draw.
    this.#renderer.debug.onShaderError = (gl, _program, vertex, fragment) => {
      throw new Error(
        `a shader does not compile: ${gl.getShaderInfoLog(vertex)} ${gl.getShaderInfoLog(fragment)}`,
      );
    };
    this.#gl = this.#renderer.getContext() as WebGL2RenderingContext;
  }

  glStrings(): GlStrings {
    const gl = this.#gl;
    const names = gl.getExtension('WEBGL_debug_renderer_info');
    return {
      glVendor: String(gl.getParameter(names ? names.UNMASKED_VENDOR_WEBGL : gl.VENDOR)),
      glRenderer: String(gl.getParameter(names ? names.UNMASKED_RENDERER_WEBGL : gl.RENDERER)),
      glVersion: String(gl.getParameter(gl.VERSION)),
    };
  }

  /**
   * Makes the scene of an episode the one that is drawn. Scenes of late are kept: rollouts take turns, and building
   * one anew for each frame is work for nothing. One that is dropped is disposed of only after the next draw, so that its
   * compiled shaders are taken over: compiling them anew took 20 ms.
   */
  async open(start: SceneStart, widthPx: number, heightPx: number): Promise<void> {
    const maker: SceneMaker<SceneStart> = await loadScene(start.taskName);
    const key = JSON.stringify([start.taskName, maker.key(start), widthPx, heightPx]);
    const world = this.#scenes.get(key) ?? maker.create(start, widthPx / heightPx);
    this.#scenes.delete(key);
    this.#scenes.set(key, world);
    for (const [oldest, scene] of this.#scenes) {
      if (this.#scenes.size <= KEPT_SCENES) break;
      this.#scenes.delete(oldest);
      this.#past.push(scene);
    }
    if (world === this.#world) return;
    this.#world = world;
    const { skyRgb } = world;
    this.#renderer.setClearColor(skyRgb, 1);
    if (this.#target?.width === widthPx && this.#target.height === heightPx) return;
    this.#target?.depthTexture?.dispose();
    this.#target?.dispose();
    this.#target = new WebGLRenderTarget(widthPx, heightPx, {
      generateMipmaps: false,
      depthTexture: new DepthTexture(
        widthPx,
        heightPx,
        UnsignedShortType,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        DepthFormat,
      ),
    });
    this.#renderer.setRenderTarget(this.#target);
    this.#pixels = new Uint8Array(widthPx * heightPx * 4);
  }

  drawEgo(poses: Float32Array, frame: number): void {
    const world = this.#opened();
    world.showEgo(poses, frame);
    this.#draw(world, world.ego);
  }

  drawTop(poses: Float32Array, frame: number): void {
    const world = this.#opened();
    world.showAll(poses, frame);
    this.#draw(world, world.top);
  }

  #draw(world: TaskScene, camera: Camera): void {
    this.#renderer.render(world.scene, camera);
    for (const past of this.#past.splice(0)) past.dispose();
  }

  /** RGBA of what was drawn, bottom row first; the same array at every call. */
  read(): Uint8Array {
    const target = this.#target!;
    this.#gl.readPixels(
      0,
      0,
      target.width,
      target.height,
      this.#gl.RGBA,
      this.#gl.UNSIGNED_BYTE,
      this.#pixels,
    );
    return this.#pixels;
  }

  #opened(): TaskScene {
    if (!this.#world) throw new Error('Painter.drawEgo() before Painter.open()');
    return this.#world;
  }
}

/** A copy with the top row first. */
export function upright(pixels: Uint8Array, widthPx: number, heightPx: number): Uint8Array<ArrayBuffer> {
  const row = widthPx * 4;
  const flipped = new Uint8Array(pixels.length);
  for (let y = 0; y < heightPx; y++) {
    flipped.set(pixels.subarray(y * row, (y + 1) * row), (heightPx - 1 - y) * row);
  }
  return flipped;
}
