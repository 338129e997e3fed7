/** Opens a policy folder: every file read once, checked against `policy.json`, all faults named together. */
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { confinedRealPath } from '../runtime/confined-path.ts';
import { openRegular } from '../runtime/regular-file.ts';
import { InputError, throwFaults } from '../sim/errors.ts';
import {
  GOLDEN_FILE,
  type GoldenPairs,
  goldenSchema,
  POLICY_FILE,
  type PolicyContract,
  policySchema,
} from './contract.ts';
import { decodeGoldenPicture } from './golden-picture.ts';
import { onnxFault } from './onnx-weights.ts';

/** What a policy of ours stays far below; a larger file is a mistake or an attack. */
export const POLICY_BOUNDS = {
  policyJsonBytes: 1 << 20,
  goldenJsonBytes: 16 << 20,
  imageBytes: 32 << 20,
  /** Of all golden frames, decoded. */
  picturesBytes: 256 << 20,
  onnxBytes: 2 ** 31 - 1,
  pairs: 1000,
  imageSide: 8192,
  chunk: 10_000,
} as const;

/** A pair with its pictures decoded. */
export interface GoldenPair {
  episode: number;
  frame: number;
  replay: GoldenPairs['pairs'][number]['replay'];
  /** One an image input, in the contract's order: height x width x 3 bytes. */
  frames: Uint8Array[];
  state: Float32Array;
  /** chunk x actions, one row after the other. */
  expected: Float32Array;
}

/** A policy folder whose files are what its policy.json says. */
export interface PolicyFolder {
  folder: string;
  contract: PolicyContract;
  /** The bytes that were hashed; what runs is these, not the file again. */
  onnx: Uint8Array;
  golden: { tolerance: number; pairs: GoldenPair[] };
}

/**
 * Reads and checks a policy folder; nothing is run yet.
 * @throws InputError with all faults, each with the value found and the one wanted.
 */
export async function loadPolicy(folder: string): Promise<PolicyFolder> {
  const contract = await readContract(folder);
  const faults = [...contractFaults(contract)];
  const onnx = await attempt(faults, () => readOnnx(folder, contract));
  const pairs = await attempt(faults, () => readGolden(folder, contract, faults));
  throwFaults(`policy ${folder}`, faults);
  return { folder, contract, onnx: onnx!, golden: pairs! };
}

/** policy.json alone. */
export async function readContract(folder: string): Promise<PolicyContract> {
  try {
    const bytes = await readConfined(folder, POLICY_FILE, POLICY_BOUNDS.policyJsonBytes);
    const json = parseJson(bytes, POLICY_FILE);
    const { contract } = (json ?? {}) as { contract?: unknown };
    if (typeof contract === 'number' && contract !== 1) {
      throw new Error(
        `${POLICY_FILE} is of contract version ${contract}, this brickyard reads version 1: export the checkpoint again`,
      );
    }
    return parseSchema(policySchema, json, POLICY_FILE);
  } catch (error) {
    throw new InputError(`policy ${folder}: ${(error as Error).message}`);
  }
}

/** What the schema cannot say. */
function contractFaults(contract: PolicyContract): string[] {
  const { inputs, output, chunk, action_steps, temporal_ensemble, onnx } = contract;
  const faults: string[] = [];
  const [rows, actions] = output.shape;
  if (rows !== chunk) faults.push(`chunk is ${chunk}, the output's shape says ${rows}`);
  if (actions !== output.names.length)
    faults.push(`the output has ${actions} actions and ${output.names.length} names`);
  const [numbers] = inputs.state.shape;
  if (numbers !== inputs.state.names.length)
    faults.push(`the state has ${numbers} numbers and ${inputs.state.names.length} names`);
  if (action_steps > chunk) faults.push(`action_steps is ${action_steps}, more than the chunk's ${chunk}`);
  if (temporal_ensemble !== undefined && action_steps !== 1)
    faults.push(
      `action_steps is ${action_steps}, but a policy with temporal_ensemble is asked in every frame: 1`,
    );
  if (chunk > POLICY_BOUNDS.chunk) faults.push(`chunk is ${chunk}, at most ${POLICY_BOUNDS.chunk}`);
  if (!(output.range[0] < output.range[1]))
    faults.push(`the output's range ${output.range.join(' to ')} is empty`);
  for (const { name, shape } of inputs.images) {
    if (Math.max(...shape) > POLICY_BOUNDS.imageSide)
      faults.push(`${name} is ${shape[1]}x${shape[0]}, at most ${POLICY_BOUNDS.imageSide} a side`);
  }
  const names = [...inputs.images.map(({ name }) => name), inputs.state.name];
  if (new Set(names).size < names.length) faults.push(`two inputs are called the same: ${names.join(', ')}`);
  if (onnx.file === POLICY_FILE) faults.push(`onnx.file is ${POLICY_FILE}`);
  return faults;
}

async function readOnnx(folder: string, { onnx }: PolicyContract): Promise<Uint8Array> {
  const bytes = await readConfined(folder, onnx.file, POLICY_BOUNDS.onnxBytes);
  if (bytes.length !== onnx.bytes)
    throw new Error(`${onnx.file} has ${bytes.length} bytes, ${POLICY_FILE} says ${onnx.bytes}`);
  checkHash(bytes, onnx.sha256, onnx.file);
  const fault = onnxFault(bytes);
  if (fault) throw new Error(`${onnx.file} ${fault}`);
  return bytes;
}

async function readGolden(
  folder: string,
  contract: PolicyContract,
  faults: string[],
): Promise<PolicyFolder['golden']> {
  const bytes = await readConfined(folder, GOLDEN_FILE, POLICY_BOUNDS.goldenJsonBytes);
  checkHash(bytes, contract.golden.sha256, GOLDEN_FILE);
  const golden = parseSchema(goldenSchema, parseJson(bytes, GOLDEN_FILE), GOLDEN_FILE);
  const count = golden.pairs.length;
  if (count !== contract.golden.pairs)
    throw new Error(`${GOLDEN_FILE} has ${count} pairs, ${POLICY_FILE} says ${contract.golden.pairs}`);
  if (count > POLICY_BOUNDS.pairs)
    throw new Error(`${GOLDEN_FILE} has ${count} pairs, at most ${POLICY_BOUNDS.pairs}`);
  const unfolded =
    count * contract.inputs.images.reduce((sum, { shape }) => sum + shape[0] * shape[1] * 3, 0);
  if (unfolded > POLICY_BOUNDS.picturesBytes)
    throw new Error(
      `the frames of its ${count} golden pairs take ${unfolded} bytes, at most ${POLICY_BOUNDS.picturesBytes}`,
    );
  const pairs: GoldenPair[] = [];
  for (const [i, pair] of golden.pairs.entries()) {
    const read = await attempt(faults, () => readPair(folder, contract, pair, i));
    if (read) pairs.push(read);
  }
  return { tolerance: golden.tolerance, pairs };
}

async function readPair(
  folder: string,
  { inputs, output }: PolicyContract,
  pair: GoldenPairs['pairs'][number],
  index: number,
): Promise<GoldenPair> {
  const name = `golden pair ${index}`;
  const [chunk, actions] = output.shape;
  if (pair.images.length !== inputs.images.length)
    throw new Error(`${name} has ${pair.images.length} pictures, the policy takes ${inputs.images.length}`);
  if (pair.state.length !== inputs.state.shape[0])
    throw new Error(`${name} has a state of ${pair.state.length}, the policy takes ${inputs.state.shape[0]}`);
  if (pair.expected.length !== chunk || pair.expected.some((row) => row.length !== actions))
    throw new Error(
      `${name} expects ${pair.expected.length} x ${pair.expected[0]?.length ?? 0} actions, the policy gives ${chunk} x ${actions}`,
    );
  if (pair.replay && pair.replay.executed_actions.length !== pair.frame)
    throw new Error(
      `${name} is frame ${pair.frame} and has ${pair.replay.executed_actions.length} executed actions before it`,
    );
  const frames = [];
  for (const [camera, { file, sha256 }] of pair.images.entries()) {
    const path = `golden/${file}`;
    const bytes = await readConfined(folder, path, POLICY_BOUNDS.imageBytes);
    checkHash(bytes, sha256, path);
    const [heightPx, widthPx] = inputs.images[camera].shape;
    try {
      frames.push(decodeGoldenPicture(bytes, widthPx, heightPx));
    } catch (error) {
      throw new Error(`${path} ${(error as Error).message}`);
    }
  }
  return {
    episode: pair.episode,
    frame: pair.frame,
    replay: pair.replay,
    frames,
    state: Float32Array.from(pair.state),
    expected: Float32Array.from(pair.expected.flat()),
  };
}

/** A file's bytes. What lies outside of the folder, also by a link, is refused. */
async function readConfined(folder: string, name: string, maxBytes: number): Promise<Uint8Array> {
  try {
    const { file, bytes } = await openRegular(realPath(folder, name));
    try {
      if (bytes > maxBytes) throw new Error(`${name} has ${bytes} bytes, at most ${maxBytes}`);
      return new Uint8Array(await file.readFile());
    } finally {
      await file.close();
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new Error(`${name} is missing`);
    if (code) throw new Error(`${name} cannot be read (${code})`);
    throw error;
  }
}

function realPath(folder: string, name: string): string {
  try {
    return confinedRealPath(folder, name);
  } catch (error) {
    if (error instanceof InputError) throw new Error(`${name} leads out of the folder`);
    throw error;
  }
}

function checkHash(bytes: Uint8Array, wanted: string, name: string): void {
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== wanted)
    throw new Error(
      `${name} has sha256 ${found.slice(0, 12)}…, recorded is ${wanted.slice(0, 12)}…: it was changed after the export, or cut short`,
    );
}

function parseJson(bytes: Uint8Array, name: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new Error(`${name} is no JSON: ${(error as Error).message}`);
  }
}

function parseSchema<T>(schema: z.ZodType<T>, json: unknown, name: string): T {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues
    .slice(0, 8)
    .map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`);
  throw new Error(`${name} is not as the contract wants it: ${issues.join('; ')}`);
}

async function attempt<T>(faults: string[], read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    faults.push((error as Error).message);
    return undefined;
  }
}
