/** Turns what zod says about a scenario into sentences: the value, its bound, and a suggestion. */
import type { core } from 'zod';
import { suggestion } from './nearest.ts';

type Schema = core.$ZodType;
type Path = readonly PropertyKey[];

export interface Fault {
  /** Of the value; where `key` is set, of the map that holds that key. */
  path: Path;
  key?: string;
  message: string;
}

/** All faults that one issue stands for; `root` and `value` are the whole schema and the whole file. */
export function explainIssue(root: Schema, issue: core.$ZodIssue, value: unknown): Fault[] {
  const { path } = issue;
  const found = valueAt(value, path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path,
        key,
        message: `is no known key${suggestion(key, keysAt(root, path))}`,
      }));
    case 'invalid_union':
      return explainUnion(root, issue, value);
    case 'invalid_type':
      if (found === undefined) return [{ path, message: 'is missing' }];
      return [{ path, message: `is ${show(found)}, but must be ${expectedAt(root, path)}` }];
    case 'invalid_value': {
      const values = issue.values.map(String);
      const near = typeof found === 'string' ? suggestion(found, values) : '';
      return [{ path, message: `is ${show(found)}, but must be ${values.join(' or ')}${near}` }];
    }
    case 'too_big':
      return [{ path, message: `${measured(issue.origin, found)}, but may be at most ${issue.maximum}` }];
    case 'too_small':
      return [
        {
          path,
          message: `${measured(issue.origin, found)}, but must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}`,
        },
      ];
    case 'custom':
    case 'invalid_format':
      return [
        {
          path,
          message: issue.code === 'custom' ? issue.message : `is ${show(found)}, but ${issue.message}`,
        },
      ];
    default:
      return [{ path, message: issue.message }];
  }
}

/** Of the alternatives, the one that the author evidently meant; else a list of what there is. */
function explainUnion(root: Schema, issue: core.$ZodIssueInvalidUnion, value: unknown): Fault[] {
  const mismatch = new Set(['invalid_type', 'unrecognized_keys', 'invalid_value', 'invalid_union']);
  const meant = issue.errors.find(
    (issues) => !issues.some((i) => i.path.length === 0 && mismatch.has(i.code)),
  );
  if (meant)
    return meant.flatMap((inner) =>
      explainIssue(root, { ...inner, path: [...issue.path, ...inner.path] } as core.$ZodIssue, value),
    );
  const found = valueAt(value, issue.path);
  if (found === undefined) return [{ path: issue.path, message: 'is missing' }];
  const known = keysAt(root, issue.path);
  const keys = isObject(found) ? Object.keys(found) : typeof found === 'string' ? [found] : [];
  const near = keys
    .map((key) => (known.includes(key) ? '' : suggestion(key, known)))
    .find((text) => text !== '');
  const message = `is ${show(found)}, but must be ${expectedAt(root, issue.path)}${near ?? ''}`;
  return [{ path: issue.path, message }];
}

function measured(origin: string, found: unknown): string {
  if (origin === 'array') return `has ${(found as unknown[]).length} entries`;
  if (origin === 'string') return `has ${String(found).length} characters`;
  return `is ${show(found)}`;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function valueAt(value: unknown, path: Path): unknown {
  let found = value;
  for (const part of path) found = (found as Record<PropertyKey, unknown> | null | undefined)?.[part];
  return found;
}

/** The schemas that may stand at the path: more than one inside alternatives. */
function schemasAt(root: Schema, path: Path): Schema[] {
  let schemas = alternatives(root);
  for (const part of path) schemas = schemas.flatMap((schema) => child(schema, part)).flatMap(alternatives);
  return schemas;
}

/** Keys that a map at the path may have, and words that may stand there. */
function keysAt(root: Schema, path: Path): string[] {
  return schemasAt(root, path).flatMap((schema) => {
    const def = definition(schema);
    if (def.shape) return Object.keys(def.shape);
    return words(schema);
  });
}

function expectedAt(root: Schema, path: Path): string {
  const names = schemasAt(root, path).map((schema) => {
    const def = definition(schema);
    if (def.shape)
      return `{${Object.keys(def.shape).slice(0, 3).join(', ')}${Object.keys(def.shape).length > 3 ? ', ...' : ''}}`;
    if (def.type === 'number') return def.format === undefined ? 'a number' : 'a whole number';
    if (def.type === 'array' || def.type === 'tuple') return 'a list [...]';
    if (def.type === 'string') return 'text';
    return words(schema).join(' or ') || `a ${def.type}`;
  });
  return [...new Set(names)].join(' or ');
}

interface Definition {
  type: string;
  /** Of whole numbers. */
  format?: string;
  shape?: Record<string, Schema>;
  element?: Schema;
  innerType?: Schema;
  options?: Schema[];
  items?: Schema[];
  values?: unknown[];
  entries?: Record<string, string>;
}

function definition(schema: Schema): Definition {
  return schema._zod.def as unknown as Definition;
}

/** A literal's or an enumeration's words. */
function words(schema: Schema): string[] {
  const def = definition(schema);
  return (def.values ?? Object.values(def.entries ?? {})).map(String);
}

function alternatives(schema: Schema): Schema[] {
  const def = definition(schema);
  if (def.innerType) return alternatives(def.innerType);
  return def.options ? def.options.flatMap(alternatives) : [schema];
}

function child(schema: Schema, part: PropertyKey): Schema[] {
  const def = definition(schema);
  if (def.shape) return Object.hasOwn(def.shape, part) ? [def.shape[String(part)]] : [];
  if (def.element) return [def.element];
  return def.items ? [def.items[Number(part)] ?? def.items[0]] : [];
}
