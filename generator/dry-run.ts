/** `gen --dry-run`: what a run would make, how long it takes and how large it gets, from a little of the real work. */
import { availableParallelism } from 'node:os';
import { openRenderer } from '../render/renderer.ts';
import type { Trajectory } from '../sim/engine/trajectory.ts';
import { loadTask } from '../sim/tasks/load-task.ts';
import { attemptEpisode } from './episode.ts';
import { describeEstimate, estimateFromRates, type Sample } from './estimate.ts';
import { EPISODE_KINDS, type EpisodeKind, kindOfSlot, type ModeSettings, modesOf } from './modes/kind.ts';
import type { RunPlan } from './prepare.ts';
import type { BackendChoice } from './settings.ts';

/** Simulating stops after this long, drawing after about this many frames; a mixture is seen in this many slots. */
export const DRY_RUN_LIMITS = { simulateS: 8, drawFrames: 400, mixedSlots: 8 } as const;

export interface DrySummary {
  dry_run: true;
  episodes: number;
  by_scenario: Record<string, number>;
  by_kind: Partial<Record<EpisodeKind, number>>;
  backend: string;
  estimate: { frames: number; bytes: number; wall_s: number };
}

export async function dryRun(
  plan: RunPlan,
  options: { workers: number; backend: BackendChoice; say: (text: string) => void },
): Promise<DrySummary> {
  const counts = plan.counts();
  const simulated = await simulateSome(plan);
  const drawn = await drawSome(plan, simulated.trajectories, options.backend);
  const estimate = estimateFromRates({
    samples: simulated.samples.map((sample) => ({ ...sample, bytes: sample.frames * drawn.bytesAFrame })),
    counts,
    simulateSAFrame: simulated.secondsAFrame,
    drawSAFrame: drawn.secondsAFrame,
    workers: options.workers,
    cores: availableParallelism(),
    startUpS: drawn.startUpS,
  });
  for (const [name, count] of Object.entries(counts)) options.say(`${String(count).padStart(8)}  ${name}`);
  const byKind = kindCounts(plan);
  for (const [kind, count] of Object.entries(byKind))
    options.say(`${String(count).padStart(8)}  driven as ${kind}`);
  options.say(describeEstimate(plan.jobs.length, estimate, drawn.backend));
  const { frames, bytes, durationS } = estimate;
  return {
    dry_run: true,
    episodes: plan.jobs.length,
    by_scenario: counts,
    by_kind: byKind,
    backend: drawn.backend,
    estimate: { frames, bytes, wall_s: Math.round(durationS) },
  };
}

async function simulateSome(plan: RunPlan) {
  const { seed, fps, state, taskName } = plan.record.content;
  await loadTask(taskName);
  const modes = modesOf(plan.record.content);
  const samples: Sample[] = [];
  const trajectories: Trajectory[] = [];
  const from = performance.now();
  for (const { scenario, slot } of sampledJobs(plan, modes)) {
    if (performance.now() - from > 1000 * DRY_RUN_LIMITS.simulateS) break;
    const outcome = attemptEpisode({ scenario, slot, attempt: 0, seed, fps, state, modes });
    if ('failure' in outcome) continue;
    samples.push({ scenario: scenario.name, frames: outcome.kept.frames, bytes: 0 });
    trajectories.push(outcome.kept);
  }
  const frames = samples.reduce((sum, sample) => sum + sample.frames, 0);
  return { samples, trajectories, secondsAFrame: (performance.now() - from) / 1000 / Math.max(frames, 1) };
}

/** One slot of each scenario; where kinds are mixed, as many as show the mixture. */
function sampledJobs({ record: { shares } }: RunPlan, modes: ModeSettings) {
  const isMixed = modes.mode === 'mix';
  const slots = Array.from({ length: isMixed ? DRY_RUN_LIMITS.mixedSlots : 1 }, (_, slot) => slot);
  return slots.flatMap((slot) => shares.map(({ scenario }) => ({ scenario, slot })));
}

/** Episodes by kind, as the slots of the plan ask for them. */
function kindCounts({ jobs, record }: RunPlan): Partial<Record<EpisodeKind, number>> {
  const modes = modesOf(record.content);
  const kinds = jobs.map(({ scenario, slot }) => kindOfSlot(modes, record.content.seed, scenario, slot));
  const counts = EPISODE_KINDS.map((kind) => [kind, kinds.filter((k) => k === kind).length] as const);
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

async function drawSome(plan: RunPlan, trajectories: readonly Trajectory[], backend: BackendChoice) {
  const { fps, widthPx, heightPx } = plan.record.content;
  const opened = performance.now();
  const renderer = await openRenderer({ backend });
  const startUpS = (performance.now() - opened) / 1000;
  try {
    let frames = 0;
    let bytes = 0;
    const from = performance.now();
    for (const { start, poses, frames: all } of trajectories) {
      if (frames >= DRY_RUN_LIMITS.drawFrames) break;
      const some = Math.min(all, DRY_RUN_LIMITS.drawFrames);
      const request = {
        start,
        poses,
        frames: some,
        fps,
        widthPx,
        heightPx,
        statFrames: new Uint32Array(),
        statStride: 1,
      };
      bytes += (await renderer.encode(request)).data.length;
      frames += some;
    }
    const secondsAFrame = (performance.now() - from) / 1000 / Math.max(frames, 1);
    return {
      secondsAFrame,
      bytesAFrame: bytes / Math.max(frames, 1),
      startUpS,
      backend: renderer.stack.backend,
    };
  } finally {
    await renderer.close();
  }
}
