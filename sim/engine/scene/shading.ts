/**
 * How everything is lit: one sun and a sky, worked out once a vertex and constant over a face (`flat`), in sRGB.
 *
 * A CPU rasteriser pays for every fragment. Lambert materials with their light in the fragment shader drew 540
 * frames/s where colours fixed per face drew 1,080, and flat-faced things look the same either way.
 */
import { FrontSide, GLSL3, type IUniform, type Matrix4, RawShaderMaterial, Vector2, Vector3 } from 'three';
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

/** Each instance brings place, turn (quaternion), size and colour. `offset` is not scaled, so that round parts stay round. */
const BLOCKS_GLSL = /* glsl */ `${LIGHT_GLSL}
  in vec3 offset;
  in vec3 blockCentre;
  in vec4 blockTurn;
  in vec3 blockSize;
  in vec3 blockColor;
  vec3 turned(vec3 v) { return v + 2.0 * cross(blockTurn.xyz, cross(blockTurn.xyz, v) + blockTurn.w * v); }
  void main() {
    light(turned(normal), blockColor * color);
    vec3 world = blockCentre + turned(position * blockSize + offset);
    gl_Position = projectionMatrix * viewMatrix * vec4(world, 1.0);
  }
`;

/**
 * Shadows are the casters themselves, flattened on to the floor along the sun's rays: no shadow map, no blending.
 * They are painted after the floor and before all that stands on it, in one colour.
 */
const SHADOW_GLSL = /* glsl */ `
  precision highp float;
  uniform mat4 projectionMatrix;
  uniform mat4 viewMatrix;
  uniform vec2 shadowSlope;
  uniform vec3 shadowRgb;
  in vec3 position;
  flat out vec3 shade;
  void flatten(vec3 world) {
    shade = shadowRgb;
    vec2 ground = world.xz - shadowSlope * max(0.0, world.y);
    gl_Position = projectionMatrix * viewMatrix * vec4(ground.x, 0.0, ground.y, 1.0);
  }
`;

const partsShadowGlsl = (parts: number) => /* glsl */ `${SHADOW_GLSL}
  uniform mat4 partMatrices[${parts}];
  in float part;
  void main() { flatten((partMatrices[int(part)] * vec4(position, 1.0)).xyz); }
`;

const BLOCKS_SHADOW_GLSL = /* glsl */ `${SHADOW_GLSL}
  in vec3 blockCentre;
  in vec4 blockTurn;
  in vec3 blockSize;
  void main() {
    vec3 v = position * blockSize;
    flatten(blockCentre + v + 2.0 * cross(blockTurn.xyz, cross(blockTurn.xyz, v) + blockTurn.w * v));
  }
`;

function material(vertexShader: string, uniforms: Record<string, IUniform>, depth: boolean) {
  return new RawShaderMaterial({
    glslVersion: GLSL3,
    vertexShader,
    fragmentShader: FRAGMENT_GLSL,
    uniforms,
    depthTest: depth,
    depthWrite: depth,
    side: FrontSide,
  });
}

/** The materials of one scene, all lit by the same light. `partMatrices` is read at every draw. */
export function sceneMaterials(visual: VisualSpec, partMatrices: Matrix4[]) {
  const light = lightUniforms(visual);
  const parts = { partMatrices: { value: partMatrices } };
  const shadow = shadowUniforms(visual, light);
  return {
    /** Behind everything that is drawn later, so painted without a depth test. */
    floor: material(STILL_GLSL, light, false),
    still: material(STILL_GLSL, light, true),
    parts: material(partsGlsl(partMatrices.length), { ...light, ...parts }, true),
    blocks: material(BLOCKS_GLSL, light, true),
    partsShadow: material(partsShadowGlsl(partMatrices.length), { ...shadow, ...parts }, false),
    blocksShadow: material(BLOCKS_SHADOW_GLSL, shadow, false),
  };
}

/** A shadowed floor keeps the sky's light and this share of the sun's. */
const SHADOW_SUN = 0.5;
/** Slope (horizontal over vertical) of the flattest ray that shadows are drawn with. */
const SHADOW_SLOPE_MAX = 2;

function shadowUniforms(visual: VisualSpec, light: LightUniforms) {
  const sun = light.sunDirection.value;
  const slope = Math.min(SHADOW_SLOPE_MAX, Math.sqrt(sun.x * sun.x + sun.z * sun.z) / Math.max(1e-3, sun.y));
  const level = Math.sqrt(sun.x * sun.x + sun.z * sun.z) || 1;
  const rgb = light.sunRgb.value.clone().multiplyScalar(SHADOW_SUN * Math.max(0, sun.y));
  return {
    shadowSlope: { value: new Vector2((sun.x / level) * slope, (sun.z / level) * slope) },
    shadowRgb: { value: rgb.add(light.ambientRgb.value).multiply(new Vector3(...visual.floorRgb)) },
  };
}
