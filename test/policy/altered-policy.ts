/** Copies of the fixture's policy folder with something changed, their hashes made right again where asked. */
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GoldenPairs, PolicyContract } from '../../policy/contract.ts';

export const TINY_POLICY = join(import.meta.dirname, '../fixtures/tiny-policy');

export interface Alteration {
  contract?: (contract: PolicyContract) => void;
  golden?: (golden: GoldenPairs) => void;
  /** New bytes of the graph; hash and size follow. */
  onnx?: (bytes: Buffer) => Buffer;
}

/** A folder below the system's temporary one; `made` collects it for removal. */
export function alteredPolicy(made: string[], { contract, golden, onnx }: Alteration = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'brickyard-policy-'));
  made.push(folder);
  cpSync(TINY_POLICY, folder, { recursive: true });
  const json = readJson<PolicyContract>(join(folder, 'policy.json'));
  const pairs = readJson<GoldenPairs>(join(folder, 'golden/pairs.json'));
  golden?.(pairs);
  const text = JSON.stringify(pairs);
  writeFileSync(join(folder, 'golden/pairs.json'), text);
  json.golden = { sha256: sha256(text), pairs: pairs.pairs.length };
  if (onnx) {
    const bytes = onnx(readFileSync(join(folder, 'policy.onnx')));
    writeFileSync(join(folder, 'policy.onnx'), bytes);
    json.onnx = { ...json.onnx, sha256: sha256(bytes), bytes: bytes.length };
  }
  contract?.(json);
  writeFileSync(join(folder, 'policy.json'), JSON.stringify(json));
  return folder;
}

const readJson = <T>(path: string): T => JSON.parse(readFileSync(path, 'utf8')) as T;
const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');
