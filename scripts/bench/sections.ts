/** The sections of the benchmark: what each runs, and how often. Alternatives are interleaved, so that a machine
 * that slows down slows all of them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatasetReader } from '../../dataset/reader.ts';
import { writeRawFrames } from '../../dataset/redraw.ts';
import { openRenderer } from '../../render/renderer.ts';
import { listScenarios } from '../../scenarios/registry.ts';
import { pythonFolder } from '../setup/python.mjs';
import { measureCeiling } from './ceiling.ts';
import { runProgram } from './child-process.ts';
import { runGen } from './gen-run.ts';
import { type MemorySample, sampleMemory } from './memory.ts';
import type { FidelityReport, SectionName, SectionResults } from './results.ts';
import { measureStages } from './stages.ts';

const ROOT = join(import.meta.dirname, '..', '..');

export interface BenchOptions {
  episodes: number;
  repeats: number;
  peerEpisodes: number;
}

/** At least 200 episodes: a run's start-up then weighs what it weighs for a user. */
export const BENCH_DEFAULTS: BenchOptions = { episodes: 200, repeats: 2, peerEpisodes: 10 };

const MEMORY_EVERY_S = 3;
const PEER_FRAMES = 200;

export const SECTIONS: { [N in SectionName]: (options: BenchOptions) => Promise<SectionResults[N]> } = {
  stages: ({ repeats }) => measureStages(repeats),

  async 'end-to-end'({ episodes, repeats }) {
    const result: SectionResults['end-to-end'] = { episodes, frames: 0, ceiling: [], gen: [], wallS: [] };
    for (let i = 0; i < repeats; i++) {
      result.ceiling.push((await measureCeiling({ episodes, workers: 2 })).framesPerS);
      const { summary, wallS } = await runGen({ episodes, workers: 2 });
      result.frames = summary.frames;
      // from the user's Enter to the prompt: more than the command itself counts
      result.gen.push(summary.frames / wallS);
      result.wallS.push(wallS);
    }
    return result;
  },

  async peer({ repeats, peerEpisodes }) {
    const python = join(await pythonFolder(ROOT, 'bench'), 'bin', 'python');
    const result: SectionResults['peer'] = {
      frames: peerEpisodes * PEER_FRAMES,
      oneProcess: [],
      twoProcesses: [],
      versions: await peerVersions(python),
    };
    for (let i = 0; i < repeats; i++) {
      result.oneProcess.push(await peerFramesPerS(python, peerEpisodes));
      const both = [0, 1].map(() => peerFramesPerS(python, peerEpisodes));
      result.twoProcesses.push((await Promise.all(both)).reduce((a, b) => a + b));
    }
    return result;
  },

  async scaling({ episodes, repeats }) {
    const half = Math.ceil(episodes / 2);
    const result: SectionResults['scaling'] = { episodes: half, frames: 0, oneCore: [], twoCores: [] };
    for (let i = 0; i < repeats; i++) {
      const one = await runGen({ episodes: half, workers: 1, cores: '0' });
      const two = await runGen({ episodes: half, workers: 2, cores: '0,1' });
      result.frames = one.summary.frames;
      result.oneCore.push(one.summary.frames / one.wallS);
      result.twoCores.push(two.summary.frames / two.wallS);
    }
    return result;
  },

  async workers({ episodes, repeats }) {
    const result: SectionResults['workers'] = { episodes, frames: 0, two: [], eight: [], sameContents: true };
    for (let i = 0; i < repeats; i++) {
      const two = await runGen({ episodes, workers: 2 });
      const eight = await runGen({ episodes, workers: 8 });
      result.frames = two.summary.frames;
      result.two.push(two.summary.frames / two.wallS);
      result.eight.push(eight.summary.frames / eight.wallS);
      result.sameContents &&= two.summary.fingerprint === eight.summary.fingerprint;
    }
    return result;
  },

  async memory({ episodes }) {
    const workers = 2;
    const samples: MemorySample[] = [];
    const look = (pid: number) => samples.push(sampleMemory(pid));
    await runGen({ episodes, workers, watch: { everyS: MEMORY_EVERY_S, look } });
    const third = Math.ceil(samples.length / 3);
    const mean = (part: readonly MemorySample[]) =>
      part.reduce((sum, { treeMib }) => sum + treeMib, 0) / part.length;
    return {
      workers,
      perWorkerMib: Math.max(...samples.map(({ treeMib }) => treeMib)) / workers,
      mainMib: Math.max(...samples.map(({ mainMib }) => mainMib)),
      // the first sample falls into the start-up
      firstThirdMib: mean(samples.slice(1, 1 + third)),
      lastThirdMib: mean(samples.slice(-third)),
    };
  },

  async fidelity() {
    const python = join(await pythonFolder(ROOT, 'trainer'), 'bin', 'python');
    let report: FidelityReport | undefined;
    await runGen({ episodes: listScenarios().length, workers: 2 }, async (dataset) => {
      const check = join(ROOT, 'trainer', 'checks', 'fidelity.py');
      const raw = mkdtempSync(join(tmpdir(), 'brickyard-raw-'));
      const renderer = await openRenderer();
      try {
        const reader = await DatasetReader.open(dataset);
        await writeRawFrames(reader, renderer, { folder: raw, framesAnEpisode: 10 });
      } finally {
        await renderer.close();
      }
      const { stdout } = await runProgram(python, [check, dataset, raw], { cwd: ROOT });
      rmSync(raw, { recursive: true });
      report = JSON.parse(stdout.trim().split('\n').at(-1)!);
    });
    return { report: report! };
  },
};

/** What the peer says of itself, its imports not counted. */
async function peerFramesPerS(python: string, episodes: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'brickyard-peer-'));
  try {
    const peer = join(ROOT, 'scripts', 'peers', 'mujoco_lerobot.py');
    const args = [peer, join(folder, 'dataset'), String(episodes), String(PEER_FRAMES), 'h264'];
    const { stdout } = await runProgram(python, args);
    return Number(/frames\/s ([\d.]+)/.exec(stdout)![1]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function peerVersions(python: string): Promise<string> {
  const names = ['mujoco', 'lerobot', 'torch'];
  const code = `from importlib.metadata import version; print(", ".join(n + " " + version(n) for n in ${JSON.stringify(names)}))`;
  return (await runProgram(python, ['-c', code])).stdout.trim();
}
