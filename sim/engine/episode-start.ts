/**
 * What every episode begins with, whatever its task: plain data that a scenario yields when it is drawn with a seed, that
 * the simulator starts from, that the scene is built from, and that is stored so that the episode can be run or drawn
 * again. JSON-safe: finite numbers, strings, arrays and objects only. A task's own start adds what is in its world.
 */

export interface VisualSpec {
  /** sRGB multipliers of the whole picture, 1 = neutral. */
  tintRgb: [number, number, number];
  ambient: number;
  sunIntensity: number;
  sunAzimuthRad: number;
  sunElevationRad: number;
  floorRgb: [number, number, number];
  wallRgb: [number, number, number];
  /** Added to the robot's camera. */
  camera: {
    forwardM: number;
    sidewaysM: number;
    heightM: number;
    pitchRad: number;
    yawRad: number;
    fovRad: number;
  };
}

export interface Disturbed {
  /** What happened: one of the task's kinds of disturbance. */
  by: string;
  /** When, in seconds after the start of the episode that was disturbed. */
  atS: number;
}

export type SuccessCriteria = Readonly<Record<string, number>>;

export interface EpisodeStart {
  scenario: string;
  /** The stream the start was drawn from, in words: namespace/seed/slot/attempt. */
  seed: string;
  /** The instruction given to language-conditioned policies. */
  task: string;
  /** Which task this is a start of; the default task where it is left out. */
  taskName?: string;
  visual: VisualSpec;
  timeLimitS: number;
  /** What decides success, as the task names it; metadata shows it. */
  success: SuccessCriteria;
  /** Set where the episode begins in the middle of another one that was disturbed. */
  disturbed?: Disturbed;
}
