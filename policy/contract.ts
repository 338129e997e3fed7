/**
 * What a policy folder promises: `policy.json`, written by the trainer's export, read before anything is run.
 *
 * A folder holds `policy.onnx`, `policy.json`, `golden/pairs.json` and `golden/NN.png`. The graph takes the raw frame
 * and the raw state and returns the raw action chunk; resize, scaling, normalisation, unnormalisation and clamping are
 * inside of it, so that nothing about them can differ between training and inference. Outside are only which rows of
 * which chunks are executed, and for a policy that averages its chunks, clamping after that.
 */
import { z } from 'zod';

export const CONTRACT_VERSION = 1;
export const POLICY_FILE = 'policy.json';
export const GOLDEN_FILE = 'golden/pairs.json';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'a sha256 in hexadecimal');
const count = z.number().int().positive();
const names = z.array(z.string().min(1));
/** A name of a file in the folder: no folders, no way out of it. */
const plainName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'a plain file name');

const imageInput = z.strictObject({
  /** Of the graph's input and of the dataset's feature: observation.images.ego. */
  name: z.string().min(1),
  dtype: z.literal('uint8'),
  /** height, width, 3: rows from the top, RGB, as the dataset's video decodes. The graph adds a batch in front. */
  shape: z.tuple([count, count, z.literal(3)]),
});

const vectorInput = z.strictObject({
  name: z.string().min(1),
  dtype: z.literal('float32'),
  shape: z.tuple([count]),
  names,
});

/** Largest differences found when the policy was exported, and over how many real frames. */
const parity = z.strictObject({
  frames: count,
  /** Resized pixels, of 1: PyTorch against this runtime. */
  resize: z.number(),
  /** Normalised network output on one tensor. */
  network: z.number(),
  /** Raw actions from raw frame and state. */
  end_to_end: z.number(),
});

export const policySchema = z.strictObject({
  contract: z.literal(CONTRACT_VERSION),
  /** The lerobot policy type: act or act_small. */
  type: z.string().min(1),
  fps: count,
  /** Actions in one answer. */
  chunk: count,
  /** How many of them the training meant to be executed before the next query. */
  action_steps: count,
  /**
   * lerobot's temporal_ensemble_coeff: the policy is asked in every frame, and what all chunks say about it is averaged,
   * weight exp(-coefficient * i), i counted from the oldest. Policies that drive by whole chunks leave it out.
   */
  temporal_ensemble: z.number().optional(),
  inputs: z.strictObject({ images: z.array(imageInput).min(1), state: vectorInput }),
  output: z.strictObject({
    name: z.string().min(1),
    dtype: z.literal('float32'),
    /** chunk, actions. */
    shape: z.tuple([count, count]),
    names,
    /** Bounds that the graph clamps to; with `temporal_ensemble`, whoever drives does so after averaging. */
    range: z.tuple([z.number(), z.number()]),
  }),
  onnx: z.strictObject({
    file: plainName,
    sha256,
    bytes: count,
    opset: count,
    /** Of the weights; the arithmetic is float32. */
    precision: z.enum(['float32', 'float16']),
  }),
  golden: z.strictObject({ sha256, pairs: count }),
  /** What it was trained on. */
  dataset: z.strictObject({
    name: z.string(),
    /** Of metadata.json, or of info.json and statistics where others made the dataset. */
    fingerprint: sha256,
    /** Whether it came from this simulator, so that golden frames can be drawn again. */
    made_by_brickyard: z.boolean(),
    episodes: count,
    frames: count,
    /** Of the stack that drew the frames; null when others made it. */
    rendering_stack: z.record(z.string(), z.unknown()).nullable(),
  }),
  training: z.strictObject({
    run: z.string(),
    step: z.number().int().nonnegative(),
    loss: z.number().nullable(),
    parameters: count,
    seed: z.number().int().nullable(),
  }),
  /** By runtime: pytorch_vs_onnxruntime_python always, onnxruntime_node once the command has added it. */
  parity: z.record(z.string(), parity),
  versions: z.record(z.string(), z.string()),
  /** As typed. */
  command: z.string(),
});

export type PolicyContract = z.infer<typeof policySchema>;

const isNumbers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((one) => Number.isFinite(one));
/** As a whole: an issue for each of a million wrong numbers would take more memory than the file by far. */
const numbers = z.custom<number[]>(isNumbers, 'a list of numbers');
const rows = z.custom<number[][]>(
  (value) => Array.isArray(value) && value.every(isNumbers),
  'a list of lists of numbers',
);

/**
 * Golden pairs: what went in, what must come out. The actions come from PyTorch with the training's own preprocessing,
 * never from the exported graph.
 */
export const goldenSchema = z.strictObject({
  /** Largest difference of an action that still passes. */
  tolerance: z.number().positive(),
  pairs: z
    .array(
      z.strictObject({
        episode: z.number().int().nonnegative(),
        frame: z.number().int().nonnegative(),
        /** What makes the frame again in the simulator; null when others made the dataset. */
        replay: z
          .strictObject({
            /** EpisodeStart, as the dataset's row holds it. */
            start: z.record(z.string(), z.unknown()),
            /** What drove in each frame before this one: frame x actions. */
            executed_actions: rows,
          })
          .nullable(),
        /** One PNG an image input, in golden/, 8-bit RGB: the decoded frame. */
        images: z.array(z.strictObject({ file: plainName, sha256 })).min(1),
        state: numbers,
        /** chunk x actions. */
        expected: rows,
      }),
    )
    .min(1),
});

export type GoldenPairs = z.infer<typeof goldenSchema>;
