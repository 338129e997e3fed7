/** Checks of our own datasets: what metadata.json and the provenance columns promise. */
import { open } from 'node:fs/promises';
import { datasetFingerprint, episodeDigest } from '../episode-digest.ts';
import type { EpisodeRow } from '../episode-row.ts';
import type { Findings } from '../findings.ts';
import { EGO_CAMERA_KEY } from '../layout.ts';
import type { DatasetMetadata } from '../metadata.ts';
import { type Mp4Video, readMp4 } from '../mp4-reader.ts';
import type { DatasetReader } from '../reader.ts';
import type { EpisodeFrames } from './frames.ts';

export function checkSuccessCriteria(
  metadata: DatasetMetadata,
  rows: readonly EpisodeRow[],
  findings: Findings,
): void {
  const scenarios = new Set(rows.map((row) => row.provenance?.scenario ?? '?'));
  for (const scenario of scenarios) {
    const criteria = metadata.success_criteria?.[scenario];
    if (criteria && Number.isFinite(criteria.restS) && Number.isFinite(criteria.restSpeedMps)) continue;
    findings.fault(
      null,
      'success-criteria',
      `metadata.json has no success criteria for the scenario ${scenario}`,
    );
  }
  for (const row of rows) {
    const outcome = row.provenance?.outcome;
    if (outcome !== undefined && outcome !== 'success') {
      findings.warn(row.episodeIndex, 'success-criteria', `its outcome is ${outcome}`);
    }
  }
}

/** Parts of a key that name the start: namespace, seed, slot, attempt. */
const KEY_OF_START = 4;

/** The same draw twice is no new information, and puts the same episode on both sides of a split. */
export function checkDuplicates(rows: readonly EpisodeRow[], findings: Findings): void {
  const seen = new Map<string, number>();
  for (const { episodeIndex, provenance } of rows) {
    if (!provenance) continue;
    const { scenario, scenarioHash, seed, slot, attempt, key } = provenance;
    // The same draw driven by the expert, with noise and by a student is three episodes: the key's end tells.
    const driven = key.split('/').slice(KEY_OF_START);
    const draw = [scenario, scenarioHash, seed, slot, attempt, ...driven].join('/');
    const first = seen.get(draw);
    if (first === undefined) seen.set(draw, episodeIndex);
    else
      findings.fault(
        episodeIndex,
        'duplicates',
        `it is episode ${first} again: both are ${scenario}, seed ${seed}, slot ${slot}, attempt ${attempt}`,
      );
  }
}

export function checkFingerprint(
  reader: DatasetReader,
  metadata: DatasetMetadata,
  rows: readonly EpisodeRow[],
  findings: Findings,
): void {
  const { info } = reader;
  const [heightPx, widthPx] = info.features[EGO_CAMERA_KEY].shape;
  const stateNames = info.features['observation.state'].names as string[];
  const digests = rows.map((row) => row.provenance?.contentSha256 ?? '');
  const found = datasetFingerprint({ fps: info.fps, widthPx, heightPx, stateNames }, digests);
  const recorded = metadata.fingerprint?.sha256 ?? 'none';
  if (found === recorded) return;
  findings.fault(null, 'content', `metadata.json has the fingerprint ${recorded}, the episodes ${found}`);
}

/** Reads the coded pictures of one episode after the other; remembers the last file's table. */
export class ContentCheck {
  readonly #reader: DatasetReader;
  readonly #findings: Findings;
  #path = '';
  #video: Mp4Video | null = null;

  constructor(reader: DatasetReader, findings: Findings) {
    this.#reader = reader;
    this.#findings = findings;
  }

  /** Everything of the episode against the digest taken when it was made: one turned bit is found. */
  async check({ row, columns }: EpisodeFrames): Promise<void> {
    const { provenance } = row;
    if (!provenance) return;
    const video = await this.#codedVideo(row);
    if (!video) return;
    const floats = (name: string): Float32Array => Float32Array.from(columns[name]?.values ?? []);
    const bytes = (name: string): Uint8Array => Uint8Array.from(columns[name]?.values ?? []);
    const found = episodeDigest({
      ...provenance,
      task: row.tasks[0] ?? '',
      states: floats('observation.state'),
      actions: floats('action'),
      executedActions: floats('executed_action'),
      sources: bytes('source'),
      labelValid: bytes('label_valid'),
      phases: bytes('phase'),
      video,
    });
    if (found === provenance.contentSha256) return;
    this.#findings.fault(
      row.episodeIndex,
      'content',
      `its rows or pictures changed since it was made: sha256 ${provenance.contentSha256} was recorded, ${found} found`,
    );
  }

  /** Null where the video's own check finds it broken. */
  async #codedVideo(row: EpisodeRow) {
    try {
      const { path, fromS } = this.#reader.videoRange(row, EGO_CAMERA_KEY);
      if (path !== this.#path) this.#video = await readMp4(path);
      this.#path = path;
      const { avcC, sampleBytes, sampleOffsets } = this.#video!;
      const from = Math.round(fromS * this.#reader.info.fps);
      const sizes = sampleBytes.slice(from, from + row.length);
      const data = new Uint8Array(sizes.reduce((a, b) => a + b, 0));
      const file = await open(path, 'r');
      try {
        await file.read(data, 0, data.length, sampleOffsets[from]);
      } finally {
        await file.close();
      }
      return avcC && { avcC, sampleBytes: sizes, data };
    } catch {
      return null;
    }
  }
}
