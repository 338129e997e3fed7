/** A task's ground seen from above, for pages: +x right, +z down, in metres. */

export interface MapShape {
  /** How pages colour it. */
  kind: 'floor' | 'wall' | 'goal' | 'thing';
  xM: number;
  zM: number;
  widthM: number;
  depthM: number;
}

export interface TaskMap<Start> {
  /** The ground reaches from -halfM to halfM, both ways. */
  halfM: number;
  /** What never moves, in painting order. */
  ground: readonly MapShape[];
  /** What the episode began with. */
  things(start: Start): MapShape[];
}
