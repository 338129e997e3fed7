import { expect, it } from 'vitest';
import { oncePerFrame } from '../../sim/engine/once-per-frame.ts';
import type { World } from '../../sim/engine/world.ts';

it('asks a world once until it moves on, and each world for itself', () => {
  const asked: string[] = [];
  const ask = oncePerFrame(({ timeS, name }: World & { name: string }) => {
    asked.push(`${name} ${timeS}`);
    return asked.length;
  });
  const [first, second] = [
    { name: 'a', timeS: 0 },
    { name: 'b', timeS: 0 },
  ] as (World & { name: string; timeS: number })[];
  expect([ask(first), ask(first), ask(second), ask(first)]).toEqual([1, 1, 2, 1]);
  first.timeS = 0.1;
  expect([ask(first), ask(first), ask(second)]).toEqual([3, 3, 2]);
  expect(asked).toEqual(['a 0', 'b 0', 'a 0.1']);
});
