/**
 * How everything is lit: one sun and a sky, worked out once a vertex and constant over a face (`flat`), in sRGB.
 *
 * A CPU rasteriser pays for every fragment. Lambert materials with their light in the fragment shader drew 540
 * frames/s where colours fixed per face drew 1,080, and flat-faced things look the same either way.
 */
import { FrontSide, GLSL3, type IUniform, type Matrix4, RawShaderMaterial, Vector3 } from 'three';
import type { VisualSpec } from '../episode-start.ts';
import { cos, sin } from '../math.ts';

/** Light shared by all materials of one scene. */
export type LightUniforms = Record<'ambientRgb' | 'sunRgb' | 'sunDirection', IUniform<Vector3>>;

/**
 * The light of an episode: a face with normal n gets `ambient * (0.8 + 0.2 n.y) + sunIntensity * max(0, n.sun)`
 * times its own colour, times the tint. The floor keeps its own colour when ambient + sunIntensity * sin(sun
 * elevation) is 1: the neutral light is ambient 0.55, sun 0.6 at 50 degrees.
 */
export function lightUniforms(visual: VisualSpec): LightUniforms {
  const tint = new Vector3(...visual.tintRgb);
  const level = cos(visual.sunElevationRad);
  return {
    ambientRgb: { value: tint.clone().multiplyScalar(visual.ambient) },
    sunRgb: { value: tint.clone().multiplyScalar(visual.sunIntensity) },
    sunDirection: {
      value: new Vector3(
        level * sin(visual.sunAzimuthRad),
        sin(visual.sunElevationRad),
        level * cos(visual.sunAzimuthRad),
      ),
    },
  };
}

const LIGHT_GLSL = /* glsl */ `
  precision highp float;
  uniform mat4 projectionMatrix;
  uniform mat4 viewMatrix;
  uniform vec3 ambientRgb;
  uniform vec3 sunRgb;
  uniform vec3 sunDirection;
  in vec3 position;
  in vec3 normal;
  in vec3 color;
  flat out vec3 shade;
  void light(vec3 worldNormal, vec3 ownColor) {
    shade = ownColor * (ambientRgb * (0.8 + 0.2 * worldNormal.y) + sunRgb * max(0.0, dot(worldNormal, sunDirection)));
  }
`;

const FRAGMENT_GLSL = /* glsl */ `
  precision mediump float;
  flat in vec3 shade;
  out vec4 pixel;
  void main() { pixel = vec4(shade, 1.0); }
`;

const STILL_GLSL = /* glsl */ `${LIGHT_GLSL}
  void main() {
    light(normal, color);
    gl_Position = projectionMatrix * viewMatrix * vec4(position, 1.0);
  }
`;

/** `part` picks the rigid body that a vertex belongs to. Bodies may be stretched, never sheared. */
const partsGlsl = (parts: number) => /* glsl */ `${LIGHT_GLSL}
  uniform mat4 partMatrices[${parts}];
  in float part;
  void main() {
    mat4 body = partMatrices[int(part)];
    light(normalize(mat3(body) * normal), color);
    gl_Position = projectionMatrix * viewMatrix * (body * vec4(position, 1.0));
  }
`;

/** Each instance brings place, turn (quaternion), size and colour. Studs keep their roundness: see brick-mesh.ts. */
const BRICKS_GLSL = /* glsl */ `${LIGHT_GLSL}
  in vec3 offset;
  in vec3 brickCentre;
  in vec4 brickTurn;
  in vec3 brickSize;
  in vec3 brickColor;
  vec3 turned(vec3 v) { return v + 2.0 * cross(brickTurn.xyz, cross(brickTurn.xyz, v) + brickTurn.w * v); }
  void main() {
    light(turned(normal), brickColor * color);
    vec3 world = brickCentre + turned(position * brickSize + offset);
    gl_Position = projectionMatrix * viewMatrix * vec4(world, 1.0);
  }
`;

export interface MaterialOptions {
  /** Painted in order instead of by depth: for what lies behind everything drawn later. */
  backdrop?: boolean;
}

function material(vertexShader: string, uniforms: Record<string, IUniform>, options: MaterialOptions) {
  return new RawShaderMaterial({
    glslVersion: GLSL3,
    vertexShader,
    fragmentShader: FRAGMENT_GLSL,
    uniforms,
    depthTest: !options.backdrop,
    depthWrite: !options.backdrop,
    side: FrontSide,
  });
}

/** For meshes that stand still in the world. */
export function stillMaterial(light: LightUniforms, options: MaterialOptions = {}): RawShaderMaterial {
  return material(STILL_GLSL, light, options);
}

/** For one mesh of several rigid bodies; `partMatrices` is read at every draw. */
export function partsMaterial(light: LightUniforms, partMatrices: Matrix4[]): RawShaderMaterial {
  return material(partsGlsl(partMatrices.length), { ...light, partMatrices: { value: partMatrices } }, {});
}

/** For instanced bricks. */
export function bricksMaterial(light: LightUniforms): RawShaderMaterial {
  return material(BRICKS_GLSL, light, {});
}
