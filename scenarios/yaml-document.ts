/**
 * YAML as scenario files may use it: maps, lists, strings, numbers and booleans. Whatever makes a file mean
 * something else than it shows (anchors, aliases, merge keys, tags, repeated keys, .inf and .nan) is refused,
 * and so is what only an attack needs (a file too big, too deep, with too many nodes).
 */
import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  Lexer,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml';
import { InputError } from '../sim/errors.ts';

export const YAML_LIMITS = { bytes: 64 * 1024, depth: 12, nodes: 5000 } as const;

export interface YamlDocument {
  /** Plain data: what the file says. */
  value: unknown;
  /** "line 3, column 7" of the value at the path, or of what holds it; `key` points at the key itself. */
  place(path: readonly PropertyKey[], key?: string): string;
}

/** @throws InputError that lists every fault with its line and column. */
export function readYaml(text: string, subject: string): YamlDocument {
  if (Buffer.byteLength(text) > YAML_LIMITS.bytes)
    throw new InputError(
      `${subject} has ${Buffer.byteLength(text)} bytes, more than ${YAML_LIMITS.bytes}; a scenario is a page of text`,
    );
  if (nestsTooDeep(text))
    throw new InputError(`${subject} nests deeper than ${YAML_LIMITS.depth} levels; a scenario never does`);
  const lines = new LineCounter();
  const document = parse(text, lines);
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `line ${line}, column ${col}`;
  };
  const faults = document.errors.map((error) => `${at(error.pos[0])}: ${firstLine(error.message)}`);
  if (faults.length === 0) faults.push(...foreignParts(document, at));
  if (faults.length > 0) throw new InputError(`${subject} is no plain YAML:\n${bullets(faults)}`);
  return {
    value: document.toJS({ maxAliasCount: 0 }),
    place: (path, key) => at(offsetOf(document, path, key)),
  };
}

function parse(text: string, lines: LineCounter): Document {
  // A log level of "silent" would also hide that a file holds several documents.
  return parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    schema: 'core',
    merge: false,
    logLevel: 'error',
  });
}

/** Told from the tokens alone: the parser recurses, and 60,000 brackets would exhaust its stack. */
function nestsTooDeep(text: string): boolean {
  let flow = 0;
  let block = 0;
  for (const token of new Lexer().lex(text)) {
    if (token === '[' || token === '{') flow++;
    else if (token === ']' || token === '}') flow--;
    else if (token === '-' || token === '?') block++;
    else if (token.includes('\n')) block = 0;
    if (flow + block > YAML_LIMITS.depth) return true;
  }
  return false;
}

function foreignParts(document: Document, at: (offset: number) => string): string[] {
  const faults: string[] = document.warnings.map(
    (warning) => `${at(warning.pos[0])}: ${firstLine(warning.message)}`,
  );
  let nodes = 0;
  visit(document, {
    Pair(_, pair) {
      if (!isScalar(pair.key) || typeof pair.key.value !== 'string')
        faults.push(`${at(start(pair.key))}: keys must be plain words`);
      else if (pair.key.value === '<<')
        faults.push(`${at(start(pair.key))}: merge keys (<<) are not read; write it out`);
    },
    Node(_, node, ancestors) {
      nodes++;
      const where = at(start(node));
      if (isAlias(node)) {
        faults.push(`${where}: aliases (*${node.source}) are not read; write the value out`);
        return;
      }
      if (node.anchor) faults.push(`${where}: anchors (&${node.anchor}) are not read; leave it out`);
      if (node.tag) faults.push(`${where}: tags (${node.tag}) are not read; leave it out`);
      if (isScalar(node) && typeof node.value === 'number' && !Number.isFinite(node.value))
        faults.push(`${where}: ${node.source} is no finite number; write one`);
      const depth = ancestors.filter((ancestor) => !isPair(ancestor)).length;
      if (depth > YAML_LIMITS.depth) {
        faults.push(`${where}: nested deeper than ${YAML_LIMITS.depth} levels; a scenario never is`);
        return visit.BREAK;
      }
      if (nodes > YAML_LIMITS.nodes) {
        faults.push(`${where}: more than ${YAML_LIMITS.nodes} values; a scenario never has`);
        return visit.BREAK;
      }
    },
  });
  return faults;
}

function offsetOf(document: Document, path: readonly PropertyKey[], key?: string): number {
  let node: unknown = document.contents;
  for (const part of path) {
    const next: unknown = (node as { get?: (key: unknown, keep: boolean) => unknown })?.get?.(part, true);
    if (next === undefined) break;
    node = next;
  }
  if (key !== undefined && isMap(node)) {
    const pair = node.items.find((item) => isScalar(item.key) && item.key.value === key);
    if (pair) return start(pair.key);
  }
  return start(node);
}

function start(node: unknown): number {
  return (node as Node | null)?.range?.[0] ?? 0;
}

function firstLine(message: string): string {
  if (message.startsWith('Source contains multiple documents')) return 'a second document begins; keep one';
  return message.split('\n')[0];
}

function bullets(lines: readonly string[]): string {
  return lines
    .slice(0, 20)
    .map((line) => `  - ${line}`)
    .join('\n');
}
