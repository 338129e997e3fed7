/** The size of a camera's pictures: `shape` has three axes in an order that only `names` tells. */
export interface CameraSize {
  widthPx: number;
  heightPx: number;
  channels: number;
}

/** All texts inside `names`, in order: a list, `{ motors: [...] }`, or lists in lists. Null when there are none. */
export function flatNames(names: unknown): string[] | null {
  const found: string[] = [];
  const collect = (value: unknown, depth: number): void => {
    if (typeof value === 'string' || typeof value === 'number') found.push(String(value));
    else if (depth < 8 && value && typeof value === 'object') {
      for (const item of Object.values(value)) collect(item, depth + 1);
    }
  };
  collect(names, 0);
  return found.length > 0 ? found : null;
}

/**
 * Channels first or last as `names` says; where it says nothing, the axis of 1, 3 or 4 numbers is the channels, the
 * last before the first. lerobot writes "channels" and "channel", and turns pictures that are not channels first.
 */
export function cameraSize({ shape, names }: { shape: readonly number[]; names?: unknown }): CameraSize {
  if (shape.length === 2) return { heightPx: shape[0], widthPx: shape[1], channels: 1 };
  const labels = flatNames(names)?.map((name) => name.toLowerCase()) ?? [];
  const axis = (...words: string[]): number => labels.findIndex((label) => words.includes(label));
  const axes = {
    heightPx: axis('height', 'h'),
    widthPx: axis('width', 'w'),
    channels: axis('channels', 'channel', 'c', 'rgb'),
  };
  if (labels.length === shape.length && axes.heightPx >= 0 && axes.widthPx >= 0) {
    return {
      heightPx: shape[axes.heightPx],
      widthPx: shape[axes.widthPx],
      channels: axes.channels >= 0 ? shape[axes.channels] : 1,
    };
  }
  const isChannels = (length: number): boolean => length === 1 || length === 3 || length === 4;
  const isFirst = axes.channels === 0 || (!isChannels(shape[2]) && isChannels(shape[0]));
  return isFirst
    ? { channels: shape[0], heightPx: shape[1], widthPx: shape[2] }
    : { heightPx: shape[0], widthPx: shape[1], channels: shape[2] };
}
