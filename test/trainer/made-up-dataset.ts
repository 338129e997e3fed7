/** Datasets to train on, made up in a second: patterned pictures, known rows. */
import { DatasetWriter } from '../../dataset/writer.ts';
import { FIXTURE_SIZE, patternedVideo } from '../dataset/patterned-video.ts';
import { FPS, madeUpRecord, RUN, SPEC } from '../dataset/records.ts';

export interface MadeUpDataset {
  out: string;
  /** Frames of each episode. */
  lengths: readonly number[];
  size?: { widthPx: number; heightPx: number };
}

export async function writeDataset({ out, lengths, size = FIXTURE_SIZE }: MadeUpDataset): Promise<void> {
  const writer = await DatasetWriter.open({ out, spec: { ...SPEC, ...size } });
  const records = lengths.map((frames, episode) =>
    madeUpRecord({ episode, frames, video: patternedVideo({ episode, frames, fps: FPS, ...size }) }),
  );
  await writer.writeShard(
    0,
    records.map((record) => () => record),
  );
  await writer.publish({ run: RUN });
}
