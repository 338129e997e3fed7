/**
 * What a scenario file may say. The keys here are those of every task; a task adds its own (its scenario.ts), and a file
 * says by `task_name` which task it is of. Unknown keys are faults. The JSON Schema beside this file is made from it
 * (`scripts/scenario-schema.ts`), so that editors complete.
 */
import { z } from 'zod';
import { colors } from '../sim/engine/scenario/color.ts';
import { quantity } from '../sim/engine/scenario/quantity.ts';
import type { AnyTaskScenarios } from '../sim/engine/scenario/task-scenarios.ts';
import { DEFAULT_TASK, NAME_PATTERN } from '../sim/engine/task-registry.ts';
import { VISUAL_DEFAULTS } from './defaults.ts';

const text = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    // No `regex`: validators that read the JSON Schema without the u flag would refuse every text.
    .refine((value) => /^\P{C}*$/u.test(value), { error: 'must be one line of plain text' });
const visualDefaults = VISUAL_DEFAULTS;
const channel = quantity(0, 2).default(1);
const visual = z.strictObject({
  tint: z.strictObject({ red: channel, green: channel, blue: channel }).prefault({}),
  ambient: quantity(0, 4).default(visualDefaults.ambient).describe('Light from everywhere; 0.55 is usual.'),
  sun_intensity: quantity(0, 4).default(visualDefaults.sun_intensity).describe('0.6 is usual.'),
  sun_azimuth_deg: quantity(-360, 360).default(visualDefaults.sun_azimuth_deg),
  sun_elevation_deg: quantity(5, 90).default(visualDefaults.sun_elevation_deg),
  floor_colors: colors.default([...visualDefaults.floor_colors]),
  wall_colors: colors.default([...visualDefaults.wall_colors]),
  color_jitter: z.number().min(0).max(0.5).default(visualDefaults.color_jitter),
  camera: z
    .strictObject({
      forward_m: quantity(-1, 1).default(0),
      sideways_m: quantity(-1, 1).default(0),
      height_m: quantity(-1, 1).default(0),
      pitch_deg: quantity(-30, 30).default(0),
      yaw_deg: quantity(-45, 45).default(0),
      fov_deg: quantity(-30, 30).default(0),
    })
    .describe('Added to the usual camera.')
    .prefault({}),
});

/** The keys that scenarios of every task have. @param instruction where a file gives none */
const commonShape = (instruction: string) => ({
  name: z
    .string()
    .regex(NAME_PATTERN, { error: 'must be lower-case letters, digits and dashes, at most 64' }),
  title: text(80),
  description: text(600),
  tags: z
    .array(z.string().regex(NAME_PATTERN, { error: 'must be lower-case letters, digits and dashes' }))
    .max(16)
    .default([]),
  task_name: z
    .string()
    .regex(NAME_PATTERN, { error: 'must be lower-case letters, digits and dashes' })
    .optional()
    .describe(`Which task it is of; ${DEFAULT_TASK} where it is left out.`),
  task: text(200).default(instruction).describe('The instruction for language-driven policies.'),
  visual: visual.prefault({}),
});

const common = z.strictObject(commonShape(''));

/** A scenario of any task, defaults filled in: the common keys, and those that only its task knows. */
export type Scenario = z.output<typeof common> & { readonly [key: string]: unknown };

/** The schema of a task's scenario files. */
export function scenarioSchema(task: AnyTaskScenarios) {
  return z.strictObject({ ...commonShape(task.instruction), ...task.shape }).superRefine((said, context) => {
    const fault = (path: readonly (string | number)[], message: string): void =>
      context.addIssue({ code: 'custom', path: [...path], message, input: undefined });
    task.check(said, fault);
    said.tags.forEach((tag, index) => {
      if (said.tags.indexOf(tag) !== index) fault(['tags', index], `"${tag}" is there twice; keep one`);
    });
  });
}
