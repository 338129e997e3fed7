/**
 * What the sequence parameter set of an H.264 stream says about its pictures: ITU-T H.264, 7.3.2.1.1 and annex E.
 * Read so that a container never says another size or colour than the stream inside it.
 */
export interface H264Picture {
  widthPx: number;
  heightPx: number;
  fullRange: boolean;
  /** Code points of ITU-T H.273, or null where the stream is untagged (players then take BT.601, limited range). */
  colour: { primaries: number; transfer: number; matrix: number } | null;
}

/** Reads the first sequence parameter set of an AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1). */
export function pictureOfAvcC(avcC: Uint8Array): H264Picture {
  if (avcC.length < 8 || avcC[0] !== 1 || (avcC[5] & 31) === 0) {
    throw new Error('the encoder gave no AVCDecoderConfigurationRecord with a sequence parameter set');
  }
  const length = (avcC[6] << 8) | avcC[7];
  return pictureOfSps(avcC.subarray(8, 8 + length));
}

const PROFILES_WITH_CHROMA_FORMAT = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];

/** Reads one sequence parameter set, its NAL header byte included. */
export function pictureOfSps(nal: Uint8Array): H264Picture {
  const bits = new BitReader(withoutEmulationPrevention(nal.subarray(1)));
  const profile = bits.unsigned(8);
  bits.skip(16); // constraint flags, level
  bits.golomb(); // seq_parameter_set_id
  let chromaFormat = 1;
  if (PROFILES_WITH_CHROMA_FORMAT.includes(profile)) {
    chromaFormat = bits.golomb();
    if (chromaFormat === 3) bits.skip(1);
    bits.golomb(); // bit depths
    bits.golomb();
    bits.skip(1);
    if (bits.flag()) throw new Error('H.264 scaling matrices are not read here');
  }
  bits.golomb(); // log2_max_frame_num_minus4
  skipPictureOrder(bits);
  bits.golomb(); // max_num_ref_frames
  bits.skip(1);
  const widthMbs = bits.golomb() + 1;
  const heightMaps = bits.golomb() + 1;
  const framesOnly = bits.unsigned(1);
  if (!framesOnly) bits.skip(1);
  bits.skip(1); // direct_8x8_inference_flag
  const crop = bits.flag() ? [bits.golomb(), bits.golomb(), bits.golomb(), bits.golomb()] : [0, 0, 0, 0];
  const cropX = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1;
  const cropY = (chromaFormat === 1 ? 2 : 1) * (2 - framesOnly);
  return {
    widthPx: widthMbs * 16 - (crop[0] + crop[1]) * cropX,
    heightPx: heightMaps * 16 * (2 - framesOnly) - (crop[2] + crop[3]) * cropY,
    ...readColour(bits),
  };
}

function skipPictureOrder(bits: BitReader): void {
  const type = bits.golomb();
  if (type === 0) bits.golomb();
  if (type !== 1) return;
  bits.skip(1);
  bits.golomb();
  bits.golomb();
  const cycle = bits.golomb();
  for (let i = 0; i < cycle; i++) bits.golomb();
}

/** The start of vui_parameters(). */
function readColour(bits: BitReader): Pick<H264Picture, 'fullRange' | 'colour'> {
  const untagged = { fullRange: false, colour: null };
  if (!bits.flag()) return untagged; // vui_parameters_present_flag
  if (bits.flag() && bits.unsigned(8) === 255) bits.skip(32); // sample aspect ratio
  if (bits.flag()) bits.skip(1); // overscan
  if (!bits.flag()) return untagged; // video_signal_type_present_flag
  bits.skip(3);
  const fullRange = bits.flag();
  if (!bits.flag()) return { fullRange, colour: null };
  return {
    fullRange,
    colour: { primaries: bits.unsigned(8), transfer: bits.unsigned(8), matrix: bits.unsigned(8) },
  };
}

function withoutEmulationPrevention(bytes: Uint8Array): Uint8Array {
  const kept: number[] = [];
  for (let i = 0; i < bytes.length; i++) {
    const isPadding = i >= 2 && bytes[i] === 3 && bytes[i - 1] === 0 && bytes[i - 2] === 0;
    if (!isPadding) kept.push(bytes[i]);
  }
  return Uint8Array.from(kept);
}

class BitReader {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  unsigned(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++, this.#position++) {
      const byte = this.#bytes[this.#position >> 3] ?? 0;
      value = value * 2 + ((byte >> (7 - (this.#position & 7))) & 1);
    }
    return value;
  }

  flag(): boolean {
    return this.unsigned(1) === 1;
  }

  skip(count: number): void {
    this.#position += count;
  }

  /** Exp-Golomb: ue(v); the sign of se(v) does not matter to those who only skip. */
  golomb(): number {
    let zeros = 0;
    while (zeros < 32 && this.unsigned(1) === 0) zeros++;
    return 2 ** zeros - 1 + this.unsigned(zeros);
  }
}
