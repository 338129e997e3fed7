/** What a new dataset can be made from: episodes with their rows and coded videos, wherever they lie. */
import type { EpisodeRow } from './episode-row.ts';
import type { Loss } from './losses.ts';
import type { TableColumn } from './parquet-table.ts';
import type { DatasetReader } from './reader.ts';

export interface SourceEpisode {
  /** Without its statistics and without `start`, which its cells have. Made anew at each look: a million do not fit. */
  readonly row: EpisodeRow;
  /** Among all episodes of the source. */
  readonly position: number;
}

export interface EpisodeSource {
  reader: Pick<DatasetReader, 'root' | 'info' | 'cameraKeys' | 'metadata' | 'statistics' | 'videoRange'>;
  name: string;
  episodes: readonly SourceEpisode[];
  tasks: readonly string[];
  /** Columns of meta/episodes. */
  episodeColumns: readonly TableColumn[];
  /** Columns of the data files whose values are carried over as they are stored, by feature. */
  dataColumns: ReadonlyMap<string, TableColumn>;
  losses: readonly Loss[];
  /** An episode's row with every column of meta/episodes that can be written again. */
  cells(episode: SourceEpisode): Promise<Record<string, unknown>>;
  /** The rows of one episode, all columns of the data files. */
  frames(episode: SourceEpisode): Promise<Record<string, unknown>[]>;
}
