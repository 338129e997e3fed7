/**
 * A task's part of the scenario vocabulary: what its files may say beyond the keys that all have, and how a start is drawn
 * from it. A task's scenario.ts exports one as `taskScenarios`. Listing and checking scenarios loads nothing else of a
 * task, so this part must do without physics.
 */
import type { z } from 'zod';
import type { EpisodeStart, SuccessCriteria } from '../episode-start.ts';
import type { Rng } from '../rng.ts';

/** Where in a scenario file: keys and positions in lists. */
export type KeyPath = readonly (string | number)[];

export interface Draw {
  /** Of the scenario, for messages. */
  name: string;
  /** Number of the episode within its scenario: what takes turns, takes them by it. */
  slot: number;
  /** A stream of its own for each part, so that changing one part leaves the others as they were. */
  rng(part: string): Rng;
}

/** What a task adds to a start. */
export type TaskPart<Start extends EpisodeStart> = Omit<Start, keyof EpisodeStart>;

export interface Drawn<Start extends EpisodeStart> {
  part: TaskPart<Start>;
  timeLimitS: number;
  success: SuccessCriteria;
}

/** @typeParam Said what `shape` parses to, defaults filled in */
export interface TaskScenarios<Said extends object, Start extends EpisodeStart> {
  /** As in task.ts. */
  readonly taskName: string;
  /** What progress counts, in the singular and in the plural. */
  readonly thing: { one: string; many: string };
  /** The instruction of scenarios that give none. */
  readonly instruction: string;
  /**
   * The keys that only this task has, `time_limit_s` among them. Each object in it should be strict, and each number a
   * `quantity` where it may be drawn.
   */
  readonly shape: z.ZodRawShape;
  /** Reports faults that need more than one key to be seen. */
  check(said: Said, fault: (path: KeyPath, message: string) => void): void;
  /** The fewest and the most things that a start may have. */
  countRange(said: Said): [least: number, most: number];
  /** How long an attempt with so many things may take. */
  timeLimitS(said: Said, count: number): number;
  /**
   * Draws a start. Geometry alone decides, and equal draws give equal starts on every machine.
   * @throws InputError when the scenario has no room for what it asks
   */
  draw(said: Said, draw: Draw): Drawn<Start>;
  /** The same with as much in it as it may have; tried out before a run begins with it. */
  fullest(said: Said): Said;
  /** For `scenario new`: the built-in scenario that a new one is made from, and comments that show what else can be said. */
  readonly template: { from: string; otherKeys: string };
}

// biome-ignore lint/suspicious/noExplicitAny: what a task's files say is known to that task alone
export type AnyTaskScenarios = TaskScenarios<any, any>;
