/**
 * The secrets of remote trainings: the environment's, and those of `.env` beside which the command is typed. They reach
 * a host over stdin only, and no plan, journal or argument holds one.
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { InputError } from '../../../sim/errors.ts';

/** What brickyard asks for by name; of other entries of `.env` it only takes care that nobody prints them. */
export const SECRET_NAMES = [
  'HF_TOKEN',
  'WANDB_API_KEY',
  'VERDA_CLIENT_ID',
  'VERDA_CLIENT_SECRET',
  'GOOGLE_APPLICATION_CREDENTIALS',
] as const;
export type SecretName = (typeof SECRET_NAMES)[number];

const LARGEST_BYTES = 64 * 1024;

export interface Secrets {
  get(name: SecretName): string | undefined;
  /** Everything that nobody may see, of unknown names too, and what the files named there hold. */
  readonly values: readonly string[];
  /** Where they were looked for, for messages. */
  readonly file: string;
}

/**
 * `.env` wins over the environment where it names something.
 * @param file absolute; one that is not there holds nothing, unless it was asked for (`required`)
 * @throws InputError when others may read it, or it is no such file
 */
export function readSecrets(
  file: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
  required = false,
): Secrets {
  const own = readFile(file, required);
  const get = (name: SecretName): string | undefined => own[name] || environment[name] || undefined;
  const values = Object.values(own).filter((value) => value !== undefined);
  for (const name of SECRET_NAMES) {
    const value = get(name);
    if (value === undefined) continue;
    if (name === 'GOOGLE_APPLICATION_CREDENTIALS') values.push(...secretsOfKeyFile(value));
    else values.push(value);
  }
  // A path is no secret, and would be missing in messages that name the file.
  const path = get('GOOGLE_APPLICATION_CREDENTIALS');
  return { get, values: values.filter((value) => value !== path), file };
}

function readFile(file: string, required: boolean): Record<string, string | undefined> {
  let stat: ReturnType<typeof statSync>;
  try {
    stat = statSync(file);
  } catch {
    if (!required) return {};
    throw new InputError(`${file} does not exist; copy .env.example there and fill it in`);
  }
  if (!stat.isFile() || stat.size > LARGEST_BYTES)
    throw new InputError(`${file} is no file of NAME=value lines; copy .env.example there and fill it in`);
  if ((stat.mode & 0o077) !== 0)
    throw new InputError(
      `${file} holds secrets and others may read it (mode ${(stat.mode & 0o777).toString(8)}): chmod 600 ${file}`,
    );
  return parseEnv(readFileSync(file, 'utf8'));
}

/** Of a service account's key file or a user's login. */
function secretsOfKeyFile(path: string): string[] {
  try {
    const json = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    const names = ['private_key', 'private_key_id', 'client_secret', 'refresh_token'];
    return names.flatMap((name) => (typeof json[name] === 'string' ? [json[name]] : []));
  } catch {
    return []; // the preflight says what is wrong with it
  }
}

/** `.env` where the user stands. */
export function secretsFile(folder: string): string {
  return join(folder, '.env');
}
