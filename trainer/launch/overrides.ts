/** The command line of `train` as overrides of the trainer's Hydra configuration (trainer/conf). */
import { existsSync } from 'node:fs';
import { userPath } from '../../runtime/user-path.ts';
import { InputError, throwFaults } from '../../sim/errors.ts';
import { pretrainedModel } from './pretrained-model.ts';

export interface TrainSelection {
  /** Absolute. */
  dataset?: string;
  out?: string;
  resume?: string;
  allowChange: readonly string[];
  notify?: string;
  /** key=value as typed. */
  overrides: readonly string[];
}

/** Keys that have an option of their own; given twice, which one counts would be a guess. */
const OPTION_OF: Record<string, string> = {
  'data.root': '--dataset',
  'run.dir': '--out',
  resume: '--resume',
  allow_change: '--allow-change',
  notify: '--notify',
};

/** Keys whose values are paths: a relative one starts where the user stood, not where Python runs. */
const PATH_KEY = /^(\+{0,2}training\.init_from)=(.+)$/s;

/**
 * With absolute paths, which a resumed run finds again wherever it is started, and RUN@STEP as the folder that it means.
 * `null` and `~/…` stay.
 */
function withAbsolutePath(override: string): string {
  const [, key, value] = PATH_KEY.exec(override) ?? [];
  if (key === undefined || value === 'null' || value.startsWith('~')) return override;
  const path = userPath(unquoted(value));
  const isNamed = /@[^/]+$/.test(path) && !existsSync(path);
  return `${key}=${hydraString(isNamed ? pretrainedModel(path) : path)}`;
}

/**
 * What train.py gets.
 * @throws InputError naming every override that is none
 */
export function trainerArguments(selection: TrainSelection): string[] {
  const { dataset, out, resume, allowChange, notify, overrides } = selection;
  const faults: string[] = [];
  for (const text of overrides) {
    const key = /^(?:\+\+?)?([\w./@-]+)=/.exec(text)?.[1] ?? (/^~[\w./@-]+/.test(text) ? '~' : undefined);
    if (key === undefined)
      faults.push(`"${text}" is no override: write key=value, such as training.steps=1000`);
    else if (Object.hasOwn(OPTION_OF, key))
      faults.push(`${key} is given by ${OPTION_OF[key]}, not as an override`);
  }
  if (out !== undefined && resume !== undefined)
    faults.push('--out and --resume exclude each other: a resumed run stays in its folder');
  for (const key of allowChange) {
    if (!/^[\w.]+$/.test(key)) faults.push(`--allow-change takes a key such as training.lr, got "${key}"`);
    if (resume === undefined) faults.push(`--allow-change ${key} is for --resume`);
  }
  throwFaults('train', faults);
  const args = overrides.map(withAbsolutePath);
  if (dataset !== undefined) args.push(`data.root=${hydraString(dataset)}`);
  if (out !== undefined) args.push(`run.dir=${hydraString(out)}`);
  if (resume !== undefined) args.push(`resume=${hydraString(resume)}`);
  if (allowChange.length > 0) args.push(`allow_change=[${allowChange.join(',')}]`);
  if (notify !== undefined) args.push(`notify=${hydraString(notify)}`);
  return args;
}

/** An override's value without the quotes around it, if there are any. */
export function unquoted(value: string): string {
  const [, , text = value] = /^(['"])(.*)\1$/s.exec(value) ?? [];
  return text;
}

/** A quoted value of Hydra's override grammar: a quote in it is escaped, and so are backslashes before a quote. */
export function hydraString(text: string): string {
  if (/[\0\n]/.test(text)) throw new InputError(`${JSON.stringify(text)} holds a line break or a zero byte`);
  return `'${text.replace(/(\\*)('|$)/g, (_, slashes: string, quote: string) => slashes + slashes + (quote && "\\'"))}'`;
}
