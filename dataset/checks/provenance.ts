/** Checks of our own datasets: what metadata.json and the provenance columns promise. */
import { createHash } from 'node:crypto';
import { openRegular } from '../../runtime/regular-file.ts';
import { cameraSize, flatNames } from '../camera-shape.ts';
import { datasetFingerprint, episodeDigest } from '../episode-digest.ts';
import type { EpisodeProvenance, EpisodeRow } from '../episode-row.ts';
import type { Findings } from '../findings.ts';
import { EGO_CAMERA_KEY } from '../layout.ts';
import type { DatasetMetadata } from '../metadata.ts';
import { type Mp4Video, readMp4 } from '../mp4-reader.ts';
import type { DatasetReader } from '../reader.ts';
import type { EpisodeFrames } from './frames.ts';

/** Parts of a key that name the start: namespace, seed, slot, attempt. */
const KEY_OF_START = 4;

/** What the brief provenance of all episodes says, gathered a row at a time. */
export class ProvenanceCheck {
  readonly #findings: Findings;
  readonly #scenarios = new Set<string>();
  readonly #digests: string[] = [];
  /** Episodes by a hash of their draw: a million draws as texts take too much memory. */
  readonly #seen = new Map<number, number>();
  readonly #suspects: { first: number; again: number }[] = [];
  #rows = 0;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  add({ episodeIndex, provenance }: EpisodeRow): void {
    const position = this.#rows++;
    if (!provenance) return;
    this.#scenarios.add(provenance.scenario);
    this.#digests.push(provenance.contentSha256);
    if (provenance.outcome !== 'success')
      this.#findings.warn(episodeIndex, 'success-criteria', `its outcome is ${provenance.outcome}`);
    const hash = createHash('sha256').update(drawOf(provenance)).digest().readUIntBE(0, 6);
    const first = this.#seen.get(hash);
    if (first === undefined) this.#seen.set(hash, position);
    else if (this.#suspects.length < MOST_SUSPECTS) this.#suspects.push({ first, again: position });
  }

  /** Whether every row says where it comes from. */
  get isComplete(): boolean {
    return this.#rows > 0 && this.#digests.length === this.#rows;
  }

  checkSuccessCriteria(metadata: DatasetMetadata): void {
    for (const scenario of this.#scenarios) {
      const criteria = metadata.success_criteria?.[scenario];
      if (criteria && typeof criteria === 'object' && Object.values(criteria).flat().every(Number.isFinite))
        continue;
      this.#findings.fault(
        null,
        'success-criteria',
        `metadata.json has no success criteria for the scenario ${scenario}`,
      );
    }
  }

  /** The same draw twice is no new information, and puts the same episode on both sides of a split. */
  async checkDuplicates(reader: DatasetReader): Promise<void> {
    const rows = await reader.episodesAt(this.#suspects.flatMap(({ first, again }) => [first, again]));
    for (const { first, again } of this.#suspects) {
      const [one, other] = [rows.get(first)?.provenance, rows.get(again)?.provenance];
      if (!one || !other || drawOf(one) !== drawOf(other)) continue;
      const { scenario, seed, slot, attempt } = other;
      this.#findings.fault(
        again,
        'duplicates',
        `it is episode ${first} again: both are ${scenario}, seed ${seed}, slot ${slot}, attempt ${attempt}`,
      );
    }
  }

  checkFingerprint({ info }: DatasetReader, metadata: DatasetMetadata): void {
    const { [EGO_CAMERA_KEY]: camera, 'observation.state': state } = info.features;
    if (!camera || !state) {
      const name = camera ? 'observation.state' : EGO_CAMERA_KEY;
      this.#findings.fault(null, 'content', `info.json has no feature ${name}, which all our datasets have`);
      return;
    }
    const { heightPx, widthPx } = cameraSize(camera);
    const spec = { fps: info.fps, widthPx, heightPx, stateNames: flatNames(state.names) ?? [] };
    const found = datasetFingerprint(spec, this.#digests);
    const recorded = metadata.fingerprint?.sha256 ?? 'none';
    if (found === recorded) return;
    this.#findings.fault(
      null,
      'content',
      `metadata.json has the fingerprint ${recorded}, the episodes ${found}`,
    );
  }
}

/** More are only counted among the findings, and cost as much to look at. */
const MOST_SUSPECTS = 1000;

/** The same draw driven by the expert, with noise and by a student is three episodes: the key's end tells. */
function drawOf({ scenario, scenarioHash, seed, slot, attempt, key }: EpisodeProvenance): string {
  return [scenario, scenarioHash, seed, slot, attempt, ...key.split('/').slice(KEY_OF_START)].join('/');
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
      const { avcC, sampleBytes, sampleOffsets, fileBytes } = this.#video!;
      const from = Math.round(fromS * this.#reader.info.fps);
      const sizes = sampleBytes.slice(from, from + row.length);
      const bytes = sizes.reduce((a, b) => a + b, 0);
      // Samples of one writer follow each other, so together they are no longer than their file.
      if (bytes > fileBytes) return null;
      const data = new Uint8Array(bytes);
      const { file } = await openRegular(path);
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
