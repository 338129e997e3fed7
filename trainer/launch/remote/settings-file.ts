/** `train.remote.yaml`: what stays the same from one remote training to the next. No secret belongs in it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { suggestion } from '../../../scenarios/nearest.ts';
import { readPlainText } from '../../../scenarios/scenario-file.ts';
import { readYaml } from '../../../scenarios/yaml-document.ts';
import { InputError, throwFaults } from '../../../sim/errors.ts';

const text = z.string().min(1).max(400);
const texts = z.array(text).min(1).max(32);
const gpus = z.number().int().min(1).max(64);
/** How ssh reaches the machine; its user and the folder there. */
const login = {
  user: text.optional(),
  key_file: text.optional(),
  folder: z
    .string()
    .regex(/^\/?[\w.][\w./-]*$/, 'must be a folder there, absolute or below the home of its user')
    .optional(),
};

const settingsSchema = z.strictObject({
  dataset: text.optional(),
  out: text.optional(),
  /** key=value of the trainer, before those of the command line. */
  overrides: z.array(text).max(200).optional(),
  eval: z.strictObject({ suite: text, every: z.number().int().min(1).optional() }).optional(),
  wandb: z.boolean().optional(),
  limits: z
    .strictObject({
      max_cost_usd: z.number().positive().optional(),
      max_hours: z
        .number()
        .positive()
        .max(24 * 30)
        .optional(),
      dead_man_minutes: z.number().min(5).max(1440).optional(),
      hang_minutes: z.number().min(1).max(1440).optional(),
      report_minutes: z.number().min(1).max(30).optional(),
      poll_s: z.number().min(1).max(600).optional(),
    })
    .optional(),
  environment: z
    .strictObject({ torch: z.enum(['locked', 'nightly']).optional(), python: text.optional() })
    .optional(),
  accelerate: z
    .strictObject({
      use: z.enum(['auto', 'on', 'off']).optional(),
      processes: gpus.optional(),
      mixed_precision: z.enum(['no', 'fp16', 'bf16']).optional(),
      config_file: text.optional(),
    })
    .optional(),
  ssh: z
    .strictObject({
      ...login,
      host: text.optional(),
      port: z.number().int().min(1).max(65535).optional(),
      host_key: text.optional(),
    })
    .optional(),
  gcp: z
    .strictObject({
      ...login,
      project: text.optional(),
      instance: text.optional(),
      zones: texts.optional(),
      machine_types: texts.optional(),
      gpu: text.optional(),
      gpus: gpus.optional(),
      image: text.optional(),
      disk_gb: z.number().int().min(20).max(65_536).optional(),
      spot: z.boolean().optional(),
      service_account: text.optional(),
      price_per_hour_usd: z.number().positive().optional(),
    })
    .optional(),
  verda: z
    .strictObject({
      ...login,
      gpu: text.optional(),
      gpus: gpus.optional(),
      locations: texts.optional(),
      instance_types: texts.optional(),
      spot: z.boolean().optional(),
      image: text.optional(),
      os_volume_gb: z.number().int().min(20).max(10_000).optional(),
    })
    .optional(),
});
export type RemoteSettings = z.infer<typeof settingsSchema>;

export const SETTINGS_FILE = 'train.remote.yaml';

/**
 * @param path as asked for, absolute; else the one in `folder`, where there is one
 * @throws InputError with all faults and their lines
 */
export function readRemoteSettings(path: string | undefined, folder: string): RemoteSettings {
  const file = path ?? join(folder, SETTINGS_FILE);
  if (!existsSync(file)) {
    if (path === undefined) return {};
    throw new InputError(`${file} does not exist; copy train.remote.example.yaml there and fill it in`);
  }
  const document = readYaml(readPlainText(file, file), file);
  const result = settingsSchema.safeParse(document.value ?? {});
  if (result.success) return result.data;
  throwFaults(
    file,
    result.error.issues.flatMap((issue) => {
      const where = issue.path.length === 0 ? 'it' : issue.path.join('.');
      if (issue.code !== 'unrecognized_keys')
        return [`${document.place(issue.path)}: ${where}: ${issue.message}`];
      return issue.keys.map(
        (key) =>
          `${document.place(issue.path, key)}: ${[...issue.path, key].join('.')} is not known${suggestion(key, keysAt(issue.path))}${secretHint(key)}`,
      );
    }),
  );
  throw new InputError(`${file} cannot be read`);
}

/** Names that the file may have there. */
function keysAt(path: readonly PropertyKey[]): string[] {
  let schema: unknown = settingsSchema;
  for (const part of path) {
    const shape = shapeOf(schema);
    schema = shape?.[String(part)];
  }
  return Object.keys(shapeOf(schema) ?? {});
}

function shapeOf(schema: unknown): Record<string, unknown> | undefined {
  if (schema instanceof z.ZodOptional) return shapeOf(schema.unwrap());
  return schema instanceof z.ZodObject ? schema.shape : undefined;
}

function secretHint(key: string): string {
  return /token|secret|password|api_?key|credential/i.test(key) ? '; secrets belong in .env' : '';
}
