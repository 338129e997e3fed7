import { throwFaults } from '../../sim/errors.ts';

/** The checks of `dataset validate` by name, and what each looks at. */
export const CHECKS = {
  'min-episodes': 'at least --min-episodes episodes',
  size: 'every camera has --expect-size',
  totals: 'info.json counts the episodes, frames and tasks that there are',
  append: 'no append was interrupted before it counted (warning)',
  'episode-rows': 'row k of meta/episodes is episode k; they follow each other without gaps',
  tasks: 'tasks are numbered from 0 and have texts',
  data: 'data files: there, readable, the columns and shapes of info.json',
  finite: 'no NaN, no infinity; a warning in columns that no policy uses',
  timestamps: 'timestamp is frame / fps; a warning where there is no video',
  indices: 'frame_index, episode_index, index and task_index',
  'action-range': 'action and executed_action within [-1, 1] (data of our robots)',
  statistics: 'the statistics of episodes and dataset, computed again; of index columns a warning',
  'camera-std': 'the std of cameras is possible; lerobot up to 0.5.1 computes it wrong (warning)',
  video: 'video files: there, readable, the size of info.json, a constant rate',
  frames: 'as many video frames as rows in each episode, each at its time',
  decode: 'every frame decodes (--deep)',
  metadata: 'metadata.json and provenance columns go together (our own data)',
  'success-criteria': 'metadata.json has those of every scenario (our own data)',
  duplicates: 'no episode is another again: scenario, seed, slot, attempt (our own data)',
  content: 'rows and coded pictures have the digest taken when they were made (our own data)',
} as const;

export type CheckName = keyof typeof CHECKS;
export const CHECK_NAMES = Object.keys(CHECKS) as CheckName[];

/** The checks that an option lists, with commas between. @throws InputError with those that there are not */
export function checkNames(option: string, text: string): CheckName[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !(CHECK_NAMES as string[]).includes(name));
  throwFaults(
    option,
    unknown.map((name) => `there is no check "${name}"; there are ${CHECK_NAMES.join(', ')}`),
  );
  return names as CheckName[];
}
