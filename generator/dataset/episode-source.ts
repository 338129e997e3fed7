/** What a new dataset can be made from: episodes with their rows and coded videos, wherever they lie. */
import type { EpisodeRow } from './episode-row.ts';
import type { TableColumn } from './parquet-table.ts';
import type { DatasetReader } from './reader.ts';

export interface SourceEpisode {
  row: EpisodeRow;
  /** The same row with every column of meta/episodes, as hyparquet gives it. */
  cells: Record<string, unknown>;
}

export interface EpisodeSource {
  reader: Pick<DatasetReader, 'root' | 'info' | 'cameraKeys' | 'metadata' | 'statistics' | 'videoRange'>;
  name: string;
  episodes: readonly SourceEpisode[];
  tasks: readonly string[];
  /** Columns of meta/episodes. */
  episodeColumns: readonly TableColumn[];
  /** The rows of one episode, all columns of the data files. */
  frames(episode: SourceEpisode): Promise<Record<string, unknown>[]>;
}
