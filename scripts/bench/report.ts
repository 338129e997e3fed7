/** docs/benchmarks.md from the stored results. Pure. */
import { type BenchFile, median, type SectionName, type SectionResults, type Stored } from './results.ts';

type Rows = [what: string, figure: string, bar?: string][];

const perS = (figures: number[]) => `${Math.round(median(figures)).toLocaleString('en')} frames/s`;
const times = (a: number, b: number) => `${(a / b).toFixed(2)} x`;
const percent = (a: number, b: number) => `${((100 * a) / b).toFixed(0)} %`;

const TITLES: Record<SectionName, string> = {
  'end-to-end': 'End to end',
  peer: 'The peer: MuJoCo and LeRobotDataset in Python',
  scaling: 'Two cores against one',
  workers: 'More workers than cores',
  memory: 'Memory',
  stages: 'Each stage alone',
  fidelity: 'Decoded frames against rendered pixels',
};

/** The whole page. Sections that were never measured are left out. */
export function benchmarksPage(file: BenchFile): string {
  const sections = (Object.keys(TITLES) as SectionName[]).filter((name) => file[name] !== undefined);
  return [
    '# Benchmarks',
    '',
    'Written by `npm run bench`; do not edit. A figure is the median of its repeats; alternatives take turns, so',
    'ratios hold where the machine is noisy. Dataset figures count from the command’s start to its end, browsers’',
    'start-up included: 320x240, 10 Hz, all scenarios in equal shares, seed 0.',
    '',
    ...sections.flatMap((name) => sectionText(name, file)),
  ].join('\n');
}

function sectionText(name: SectionName, file: BenchFile): string[] {
  const { date, command, machine } = file[name] as Stored;
  const rows = rowsOf(name, file);
  const table = rows.map(([what, figure, bar = '']) => `| ${what} | ${figure} | ${bar} |`);
  return [
    `## ${TITLES[name]}`,
    '',
    '| what | measured | goal |',
    '|---|---|---|',
    ...table,
    '',
    `${date}: \`${command}\` on ${machine}.`,
    '',
  ];
}

function rowsOf(name: SectionName, file: BenchFile): Rows {
  switch (name) {
    case 'stages':
      return stageRows(file.stages!.result as SectionResults['stages']);
    case 'end-to-end':
      return endToEndRows(file['end-to-end']!.result as SectionResults['end-to-end']);
    case 'scaling':
      return scalingRows(file.scaling!.result as SectionResults['scaling']);
    case 'workers':
      return workerRows(file.workers!.result as SectionResults['workers']);
    case 'memory':
      return memoryRows(file.memory!.result as SectionResults['memory']);
    case 'peer':
      return peerRows(file.peer!.result as SectionResults['peer'], file);
    case 'fidelity':
      return fidelityRows(file.fidelity!.result as SectionResults['fidelity']);
  }
}

function stageRows({ frames, simulate, render, convert, encode, write }: SectionResults['stages']): Rows {
  const alone = 1 / (1 / median(encode) - 1 / median(convert));
  return [
    [`simulate (one thread; ${frames.toLocaleString('en')} frames)`, perS(simulate)],
    ['render: draw and read the pixels back (one browser)', perS(render)],
    ['render and convert to I420', perS(convert)],
    ['render, convert and encode H.264', perS(encode)],
    ['encode alone, by difference', perS([alone])],
    ['write: stage, shard and publish, synced to disk', perS(write)],
  ];
}

function endToEndRows({ episodes, frames, ceiling, gen, wallS }: SectionResults['end-to-end']): Rows {
  const [top, reached] = [median(ceiling), median(gen)];
  return [
    [
      `\`gen --episodes ${episodes} --workers 2\`, ${frames.toLocaleString('en')} frames`,
      perS(gen),
      '900 frames/s',
    ],
    ['its wall time', `${median(wallS).toFixed(1)} s`],
    [
      'ceiling: the same episodes simulated, drawn and encoded, nothing written, start-up not counted',
      perS(ceiling),
    ],
    ['share of the ceiling', percent(reached, top), '>= 75 %'],
  ];
}

function scalingRows({ episodes, oneCore, twoCores }: SectionResults['scaling']): Rows {
  return [
    [`\`--workers 1\`, all its processes on one core, ${episodes} episodes`, perS(oneCore)],
    ['`--workers 2` on two cores', perS(twoCores)],
    ['two cores against one', times(median(twoCores), median(oneCore)), '>= 1.8 x'],
  ];
}

function workerRows({ episodes, two, eight, sameContents }: SectionResults['workers']): Rows {
  return [
    [`\`--workers 2\`, ${episodes} episodes`, perS(two)],
    ['`--workers 8`', perS(eight)],
    ['8 workers against 2, on two cores', times(median(eight), median(two)), '>= 0.9 x'],
    ['same contents (fingerprint)', sameContents ? 'yes' : 'NO', 'yes'],
  ];
}

function memoryRows({
  workers,
  perWorkerMib,
  mainMib,
  firstThirdMib,
  lastThirdMib,
}: SectionResults['memory']): Rows {
  const mb = (mib: number) => `${Math.round(mib * 1.048576)} MB`;
  return [
    [
      `highest, by worker: all processes of a run with ${workers} workers, launcher and main thread too, shared pages divided (PSS)`,
      mb(perWorkerMib),
      '<= 700 MB for a worker and its browser',
    ],
    ['highest of the command alone: main thread and worker threads', mb(mainMib)],
    ['all processes, mean of the first third of the run', mb(firstThirdMib)],
    ['the same, last third', mb(lastThirdMib), 'flat'],
  ];
}

function peerRows(
  { frames, oneProcess, twoProcesses, versions }: SectionResults['peer'],
  file: BenchFile,
): Rows {
  const rows: Rows = [
    [`one process (${versions}; ${frames.toLocaleString('en')} frames)`, perS(oneProcess)],
    ['two processes, sum', perS(twoProcesses)],
  ];
  const ours = file['end-to-end'];
  if (!ours) return rows;
  const gen = median((ours.result as SectionResults['end-to-end']).gen);
  rows.push(['`gen` against its one process', times(gen, median(oneProcess)), '>= 6 x']);
  rows.push(['`gen` against its two processes', times(gen, median(twoProcesses)), '>= 4 x']);
  return rows;
}

function fidelityRows({ report }: SectionResults['fidelity']): Rows {
  const { frames, size, backend, mae, flat_bias, p99, upright } = report;
  const channels = (values: number[]) => values.map((value) => value.toFixed(2)).join(' / ');
  return [
    [
      `mean absolute error of R / G / B, of 255 (${frames} frames of all scenarios, ${size.join('x')}, decoded by ${backend})`,
      channels(mae),
      '<= 3',
    ],
    ['bias on flat patches', channels(flat_bias), '<= 1'],
    ['99 of 100 pixels are off by at most', p99.join(' / ')],
    ['upright', upright ? 'yes' : 'NO', 'yes'],
  ];
}
