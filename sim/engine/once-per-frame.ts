/** What an expert says of a frame is wanted by several: who drives, the record of phases, the watch over a student. */
import type { World } from './world.ts';

/** Asks a world once, and keeps the answer until the world has moved on: `ask` must follow from the state alone. */
export function oncePerFrame<W extends World, Answer>(ask: (world: W) => Answer): (world: W) => Answer {
  const kept = new WeakMap<W, { timeS: number; answer: Answer }>();
  return (world) => {
    const { timeS } = world;
    const last = kept.get(world);
    if (last?.timeS === timeS) return last.answer;
    const answer = ask(world);
    kept.set(world, { timeS, answer });
    return answer;
  };
}
