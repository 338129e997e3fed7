import { createHash } from 'node:crypto';
import { readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { checkGoldenPairs } from '../../policy/golden-pairs.ts';
import { onnxFault } from '../../policy/onnx-weights.ts';
import { loadPolicy } from '../../policy/policy-folder.ts';
import { PolicySession } from '../../policy/session.ts';
import { InputError } from '../../sim/errors.ts';
import { alteredPolicy, TINY_POLICY } from './altered-policy.ts';

const made: string[] = [];
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** What loading says, or '' when it does not complain. */
async function refusal(folder: string): Promise<string> {
  try {
    const policy = await loadPolicy(folder);
    const session = await PolicySession.open(policy);
    try {
      await checkGoldenPairs(session, policy);
    } finally {
      await session.close();
    }
    return '';
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message;
  }
}

describe('a whole policy folder', () => {
  it('gives the actions that its training gave', async () => {
    const policy = await loadPolicy(TINY_POLICY);
    const session = await PolicySession.open(policy);
    const verdict = await checkGoldenPairs(session, policy);
    expect(verdict.pairs).toBe(2);
    expect(verdict.worst).toBeLessThan(1e-5);
    await session.close();
  });

  it('gives the same bits for the same question, whatever was asked between', async () => {
    const policy = await loadPolicy(TINY_POLICY);
    const [session, other] = [await PolicySession.open(policy), await PolicySession.open(policy)];
    const [a, b] = policy.golden.pairs;
    const first = await session.query(a.frames[0], a.state);
    await session.query(b.frames, b.state);
    expect(await session.query(a.frames, a.state)).toEqual(first);
    expect(await other.query(a.frames, a.state)).toEqual(first);
    expect(first).toHaveLength(policy.contract.chunk * 4);
    await Promise.all([session.close(), other.close()]);
  });

  it('takes no picture or state of another size', async () => {
    const policy = await loadPolicy(TINY_POLICY);
    const session = await PolicySession.open(policy);
    const { frames, state } = policy.golden.pairs[0];
    await expect(session.query(frames[0].subarray(3), state)).rejects.toThrow('has 9216 bytes, got 9213');
    await expect(session.query(frames, state.subarray(1))).rejects.toThrow('has 4 numbers, got 3');
    await expect(session.query([...frames, ...frames], state)).rejects.toThrow('takes 1 pictures, got 2');
    await session.close();
  });
});

describe('a policy folder that is refused', () => {
  it('names every file that is missing', async () => {
    const folder = alteredPolicy(made);
    rmSync(join(folder, 'policy.onnx'));
    rmSync(join(folder, 'golden/01.png'));
    const text = await refusal(folder);
    expect(text).toContain('has 2 faults');
    expect(text).toContain('policy.onnx is missing');
    expect(text).toContain('golden/01.png is missing');
    expect(await refusal(join(folder, 'nowhere'))).toContain('policy.json is missing');
  });

  it.each([
    ['not JSON', 'policy.json', 'policy.json is no JSON'],
    ['{"contract":2}', 'policy.json', 'is of contract version 2, this brickyard reads version 1'],
    ['{"contract":1}', 'policy.json', 'inputs'],
    ['{}', 'golden/pairs.json', 'golden/pairs.json has sha256 44136fa355b3'],
    ['no picture', 'golden/00.png', 'golden/00.png has sha256'],
  ])('holds %s as %s', async (text, name, message) => {
    const folder = alteredPolicy(made);
    writeFileSync(join(folder, name), text);
    expect(await refusal(folder)).toContain(message);
  });

  it('has a graph that was cut short', async () => {
    const folder = alteredPolicy(made);
    const { length } = readFileSync(join(folder, 'policy.onnx'));
    truncateSync(join(folder, 'policy.onnx'), length - 40);
    expect(await refusal(folder)).toContain(
      `policy.onnx has ${length - 40} bytes, policy.json says ${length}`,
    );
  });

  it.each([
    ['text', Buffer.from('this is no model at all'), 'is no ONNX model'],
    ['nothing', Buffer.alloc(0), 'onnx.bytes'],
    ['a PNG', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), 'is no ONNX model'],
  ])('has %s in place of a graph', async (_name, bytes, message) => {
    expect(await refusal(alteredPolicy(made, { onnx: () => bytes }))).toContain(message);
  });

  it('keeps its weights in another file', async () => {
    const folder = alteredPolicy(made, { onnx: withExternalTensor });
    expect(await refusal(folder)).toContain('names other files for its weights');
  });

  it('leads out of the folder by a link', async () => {
    const folder = alteredPolicy(made);
    rmSync(join(folder, 'policy.onnx'));
    symlinkSync(join(TINY_POLICY, 'policy.onnx'), join(folder, 'policy.onnx'));
    expect(await refusal(folder)).toContain('policy.onnx leads out of the folder');
  });

  it('names a file beyond the folder', async () => {
    const folder = alteredPolicy(made, {
      contract: ({ onnx }) => Object.assign(onnx, { file: '../policy.onnx' }),
    });
    expect(await refusal(folder)).toContain('onnx.file: a plain file name');
  });

  it('calls the camera by another name', async () => {
    const folder = alteredPolicy(made, {
      contract: ({ inputs }) => Object.assign(inputs.images[0], { name: 'observation.images.top' }),
    });
    expect(await refusal(folder)).toContain('the graph has no input observation.images.top');
  });

  it('promises another chunk than its graph gives', async () => {
    const contract = (json: { chunk: number; output: { shape: number[] }; action_steps: number }) => {
      json.chunk = json.action_steps = json.output.shape[0] = 3;
    };
    const golden = ({ pairs }: { pairs: { expected: number[][] }[] }) => {
      for (const pair of pairs) pair.expected.pop();
    };
    const text = await refusal(alteredPolicy(made, { contract, golden }));
    expect(text).toContain('output action has shape (N, 4, 4), policy.json says (N, 3, 4)');
  });

  it('has golden pairs that do not fit its sizes', async () => {
    const folder = alteredPolicy(made, {
      golden: ({ pairs }) => {
        pairs[0].state.pop();
        pairs[1].replay!.executed_actions.pop();
      },
    });
    const text = await refusal(folder);
    expect(text).toContain('golden pair 0 has a state of 3, the policy takes 4');
    expect(text).toContain('golden pair 1 is frame 40 and has 39 executed actions');
  });

  it('answers a golden pair otherwise than in training', async () => {
    const folder = alteredPolicy(made, {
      golden: ({ pairs }) => {
        pairs[1].expected[2][1] += 0.01;
      },
    });
    const text = await refusal(folder);
    expect(text).toContain('golden pair 1 (episode 1, frame 40): throttle of step 2 is');
    expect(text).toMatch(/difference 0\.0100 is over 0\.0001/);
  });

  it('answers otherwise when its state was swapped', async () => {
    const folder = alteredPolicy(made, {
      golden: ({ pairs }) => {
        for (const pair of pairs) pair.state = [pair.state[1], pair.state[0], ...pair.state.slice(2)];
      },
    });
    expect(await refusal(folder)).toContain('golden pair 0');
  });
});

describe('the look into an ONNX file', () => {
  const whole = readFileSync(join(TINY_POLICY, 'policy.onnx'));

  it('finds nothing wrong with a whole one', () => expect(onnxFault(whole)).toBeUndefined());

  it('says why, and never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(typeof (onnxFault(bytes) ?? '')).toBe('string');
      }),
    );
  });

  it('notices most cuts and none of them throws', () => {
    const noticed = Array.from(whole, (_, i) => onnxFault(whole.subarray(0, i)) !== undefined);
    expect(noticed.filter(Boolean).length).toBeGreaterThan(whole.length * 0.95);
  });
});

/** Protobuf: a second graph field, which merges into the first: an initializer whose data_location is EXTERNAL. */
function withExternalTensor(bytes: Buffer): Buffer {
  const tensor = Buffer.from([0x70, 0x01]); // field 14, varint: EXTERNAL
  const initializer = Buffer.concat([Buffer.from([0x2a, tensor.length]), tensor]); // field 5
  const graph = Buffer.concat([Buffer.from([0x3a, initializer.length]), initializer]); // field 7
  return Buffer.concat([bytes, graph]);
}

it('runs the bytes that were hashed, not the file again', async () => {
  const folder = alteredPolicy(made);
  const policy = await loadPolicy(folder);
  expect(createHash('sha256').update(policy.onnx).digest('hex')).toBe(policy.contract.onnx.sha256);
  writeFileSync(join(folder, 'policy.onnx'), 'changed meanwhile');
  const session = await PolicySession.open(policy);
  expect((await checkGoldenPairs(session, policy)).worst).toBeLessThan(1e-5);
  await session.close();
});
