/**
 * HDF5 files that h5py wrote in the layouts of ALOHA, mobile ALOHA and robomimic become valid datasets with the
 * values that h5py reads, and what has no place in a dataset is named.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodedEpisode } from '../../dataset/ffmpeg.ts';
import type { Loss } from '../../dataset/losses.ts';
import { DatasetReader } from '../../dataset/reader.ts';
import { validateDataset } from '../../dataset/validate.ts';
import { startCommand } from '../generator/gen-process.ts';
import { testPythonNext } from '../python.ts';
import { TRAINER } from '../trainer/check-process.ts';

/** Of foreign_hdf5.py. */
const SIZE = { widthPx: 96, heightPx: 64 };
const FRAME = 5;
/** Mean error in levels after H.264. Neighbouring frames are 5 apart, two cameras 17. */
const CODEC_ERROR = 3;

interface Held {
  columns: Record<string, number[] | number[][]>;
  /** RGB levels in base64. */
  pictures: Record<string, string>;
}

interface Recording {
  name: string;
  args?: string[];
  lengths: number[];
  /** Features that come from a column of the file, as they are or rounded to float32. */
  columns: Record<string, string>;
  /** Cameras by their paths. */
  cameras: Record<string, string>;
  task: string;
  fps: number;
  losses: string[];
}

const ALOHA = {
  args: ['--fps', '50', '--task', 'open the jar'],
  lengths: [12, 9],
  columns: {
    'observation.state': 'observations/qpos',
    'observation.velocity': 'observations/qvel',
    'observation.effort': 'observations/effort',
    action: 'action',
  },
  ...{ task: 'open the jar', fps: 50, losses: [] },
};
const LENGTHS_LEFT_OUT =
  '2 /compress_len (2 x frames of float32): left out: the lengths of padded pictures; the pictures say where they end';

const camerasOfAloha = (...names: string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [`observation.images.${name}`, `observations/images/${name}`]));

const OBSERVED = ['object', 'robot0_eef_pos', 'robot0_eef_quat', 'robot0_gripper_qpos', 'robot0_joint_pos'];
const leftOut = (name: string, what: string) =>
  `3 /data/demo_*/next_obs/${name} (frames x ${what}): left out: it is obs one frame later`;
const NO_PLACE = 'left out: a LeRobot dataset has no place for it';
const ROBOMIMIC = {
  // In the order of their numbers: demo_0, demo_2, demo_10.
  ...{ lengths: [8, 11, 7], task: 'Lift', fps: 20 },
  columns: {
    ...Object.fromEntries(OBSERVED.map((name) => [`observation.${name}`, `obs/${name}`])),
    ...{ action: 'actions', states: 'states', 'next.reward': 'rewards', 'next.done': 'dones' },
  },
  losses: [
    '3 /data/demo_*/actions: kept as float32, which policies take; it is float64',
    ...OBSERVED.map((name, i) => leftOut(name, `${[10, 3, 4, 2, 7][i]} of float64`)),
    '1 /mask/train (2 of S6): left out: it lies outside of the demonstrations',
    '1 /mask/valid (1 of S7): left out: it lies outside of the demonstrations',
    ...['env_args', 'total', 'model_file', 'num_samples'].map(
      (name) => `1 the attribute "${name}": ${NO_PLACE}`,
    ),
  ],
};

const RECORDINGS: Recording[] = [
  { name: 'aloha', ...ALOHA, cameras: camerasOfAloha('cam_high', 'cam_low') },
  {
    ...{ name: 'aloha-compressed', ...ALOHA, cameras: camerasOfAloha('cam_high', 'cam_low') },
    losses: [LENGTHS_LEFT_OUT],
  },
  {
    ...{ name: 'mobile-aloha', ...ALOHA, cameras: camerasOfAloha('cam_high', 'cam_left_wrist') },
    columns: { ...ALOHA.columns, base_action: 'base_action' },
    losses: [
      LENGTHS_LEFT_OUT,
      '2 /observations/images_depth/cam_high (frames x 64 x 96 of uint16): left out: 6144 numbers a row are too many for a column (at most 1024)',
    ],
  },
  {
    ...{ name: 'robomimic', ...ROBOMIMIC },
    cameras: {
      'observation.images.agentview': 'obs/agentview_image',
      'observation.images.robot0_eye_in_hand': 'obs/robot0_eye_in_hand_image',
    },
    losses: [
      ...ROBOMIMIC.losses,
      ...['agentview_image', 'robot0_eye_in_hand_image'].map((name) => leftOut(name, '64 x 96 x 3 of uint8')),
    ],
  },
  { name: 'robomimic-low-dim', ...ROBOMIMIC, cameras: {} },
];

let folder: string;
let expected: Record<string, Held[]>;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'brickyard-foreign-hdf5-'));
  const script = join(TRAINER, 'checks/foreign_hdf5.py');
  const made = spawnSync(testPythonNext(), [script, folder], { encoding: 'utf8' });
  expect(made.status, made.stderr).toBe(0);
  expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(RECORDINGS)('$name', ({ name, args = [], lengths, columns, cameras, task, fps, losses }) => {
  const out = (): string => join(folder, `${name}-lerobot`);

  it('becomes a valid dataset, and what is left out is named', async () => {
    const to = ['--to', 'lerobot', '--out', out(), ...args];
    const convert = startCommand(['dataset', 'convert', name, ...to, '--json'], folder);
    const { code, stdout, stderr } = await convert.ended;
    expect(code, stderr).toBe(0);
    const said: { losses: Loss[] } = JSON.parse(stdout);
    expect(said.losses.map(({ what, why, episodes }) => `${episodes} ${what}: ${why}`).sort()).toEqual(
      [...losses].sort(),
    );
    const reader = await DatasetReader.open(out());
    expect((await validateDataset(reader, { minEpisodes: 1, deep: true })).faults).toEqual([]);
    expect((await reader.episodes()).map(({ length }) => length)).toEqual(lengths);
    expect(reader.info.fps).toBe(fps);
    expect(await reader.tasks()).toEqual([task]);
    expect([...reader.cameraKeys].sort()).toEqual(Object.keys(cameras).sort());
  });

  it('has the numbers that h5py reads, to the bit of their types', async () => {
    const reader = await DatasetReader.open(out());
    for (const row of await reader.episodes()) {
      const held = expected[name][row.episodeIndex].columns;
      const found = await reader.episodeColumns(row);
      for (const [feature, path] of Object.entries(columns)) {
        const isRounded = reader.info.features[feature].dtype === 'float32';
        const wanted = held[path].flat().map((value) => (isRounded ? Math.fround(value) : value));
        expect([...found[feature].values].map(Number), `${feature} of episode ${row.episodeIndex}`).toEqual(
          wanted,
        );
      }
      if ('observation.state' in columns) continue;
      const parts = ['robot0_eef_pos', 'robot0_eef_quat', 'robot0_gripper_qpos'];
      const state = parts.map((part) => held[`obs/${part}`] as number[][]);
      const wanted = state[0].flatMap((_, frame) => state.flatMap((part) => part[frame].map(Math.fround)));
      expect([...found['observation.state'].values], `the state of episode ${row.episodeIndex}`).toEqual(
        wanted,
      );
    }
  });

  if (Object.keys(cameras).length === 0) return;

  it('shows the pictures that h5py reads', async () => {
    const reader = await DatasetReader.open(out());
    for (const row of await reader.episodes()) {
      for (const [camera, path] of Object.entries(cameras)) {
        const wanted = Buffer.from(expected[name][row.episodeIndex].pictures[path], 'base64');
        const found = await frameOf(reader, row, camera);
        expect(found.length).toBe(wanted.length);
        const error = found.reduce((sum, level, i) => sum + Math.abs(level - wanted[i]), 0) / found.length;
        expect(error, `${camera} of episode ${row.episodeIndex}`).toBeLessThan(CODEC_ERROR);
      }
    }
  });
});

type Row = Awaited<ReturnType<DatasetReader['episodes']>>[number];

async function frameOf(reader: DatasetReader, row: Row, camera: string): Promise<Uint8Array> {
  const { path, fromS } = reader.videoRange(row, camera);
  let at = 0;
  const request = { path, fromS, fps: reader.info.fps, count: row.length, ...SIZE };
  for await (const frame of decodedEpisode(request)) if (at++ === FRAME) return frame.slice();
  throw new Error(`${camera} has ${at} frames`);
}
