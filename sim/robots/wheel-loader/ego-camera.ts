/** The camera on the loader: where it is and where it looks. The expert and the scene share it. */
import type { CameraPose } from '../../engine/camera.ts';
import type { VisualSpec } from '../../engine/episode-start.ts';
import { cos, PI, sin } from '../../engine/math.ts';
import { EGO_CAMERA } from './geometry.ts';
import type { LoaderPose } from './loader-pose.ts';

/** Pose of the ego camera on a loader; shifts of `visual.camera` are in the chassis frame, yaw and sideways to the left. */
export function egoCameraPose(loader: LoaderPose, visual: Pick<VisualSpec, 'camera'>): CameraPose {
  const shift = visual.camera;
  const s = sin(loader.headingRad);
  const c = cos(loader.headingRad);
  const ahead = EGO_CAMERA.forwardM + shift.forwardM;
  const left = shift.sidewaysM;
  const position = {
    x: loader.xM + s * ahead + c * left,
    y: EGO_CAMERA.heightM + shift.heightM,
    z: loader.zM + c * ahead - s * left,
  };
  const headingRad = loader.headingRad + shift.yawRad;
  const pitchRad = EGO_CAMERA.pitchRad + shift.pitchRad;
  const level = cos(pitchRad);
  const target = {
    x: position.x + sin(headingRad) * level,
    y: position.y + sin(pitchRad),
    z: position.z + cos(headingRad) * level,
  };
  const yawSin = sin((headingRad + PI) / 2);
  const yawCos = cos((headingRad + PI) / 2);
  const pitchSin = sin(pitchRad / 2);
  const pitchCos = cos(pitchRad / 2);
  const quaternion = {
    x: yawCos * pitchSin,
    y: yawSin * pitchCos,
    z: -yawSin * pitchSin,
    w: yawCos * pitchCos,
  };
  return {
    position,
    target,
    quaternion,
    verticalFovRad: EGO_CAMERA.verticalFovRad + shift.fovRad,
    headingRad,
    pitchRad,
  };
}
