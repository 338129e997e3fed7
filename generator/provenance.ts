/** How a dataset was made, as its metadata tells: command, seed, settings, versions, yield. No times, no paths. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { RunProvenance } from '../dataset/metadata.ts';
import type { FailedAttempt } from './episode.ts';
import type { JournalState } from './journal.ts';
import { countKinds } from './kind-counts.ts';
import { countDagger } from './modes/dagger-counts.ts';
import { daggerProvenance } from './modes/dagger-record.ts';
import { countRecoveries } from './modes/recovery-counts.ts';
import type { RunPlan } from './prepare.ts';
import type { ContentSettings } from './settings.ts';
import { countRejects } from './yield.ts';

const PACKAGES = ['three', '@dimforge/rapier3d-deterministic-compat', 'puppeteer'];

/** Throws when no episode was drawn yet. */
export function runProvenance({ record, jobs }: RunPlan, state: JournalState): RunProvenance {
  const { content, shares, command, packageVersion, codeVersion, dagger } = record;
  if (!state.stack) throw new Error('a run without an episode has no provenance');
  const failures = inPlanOrder(jobs, state);
  return {
    command,
    seed: content.seed,
    settings: {
      ...content,
      shares: shares.map(({ name, weight, hash }) => ({ name, weight, hash })),
      ...(dagger ? { dagger: daggerProvenance(dagger, content.taskName) } : {}),
    },
    versions: { brickyard: packageVersion, code: codeVersion, node: process.version, ...packageVersions() },
    rendering_stack: state.stack,
    episodes: jobs.length,
    ...(content.mode === 'expert' || !content.mode
      ? {}
      : { by_kind: countKinds(state.kept.values()).by_kind }),
    ...(dagger ? { dagger: countDagger(state.kept.values(), failures, command) } : {}),
    ...recoveryProvenance(failures, state, content),
    attempts: jobs.length + failures.length,
    rejects: countRejects(failures),
    rejected_starts: failures,
  };
}

/** The order in which workers ended, or in which a resumed run made some again, is not the dataset's. */
function inPlanOrder(jobs: RunPlan['jobs'], { failed }: JournalState): FailedAttempt[] {
  const places = new Map(jobs.map(({ scenario, slot, index }) => [`${scenario}/${slot}`, index]));
  const placeOf = ({ scenario, slot }: FailedAttempt): number => places.get(`${scenario}/${slot}`) ?? -1;
  return [...failed.values()].sort((a, b) => placeOf(a) - placeOf(b) || a.attempt - b.attempt);
}

/** Nothing where nothing was disturbed, so that other datasets stay as they are. */
function recoveryProvenance(failures: FailedAttempt[], state: JournalState, content: ContentSettings) {
  const recovery = countRecoveries(state.kept.values(), failures, content);
  return recovery ? { recovery } : {};
}

function packageVersions(): Record<string, string> {
  const require = createRequire(import.meta.url);
  return Object.fromEntries(
    PACKAGES.map((name) => {
      const folders = require.resolve.paths(name) ?? [];
      for (const folder of folders) {
        try {
          return [
            name,
            (JSON.parse(readFileSync(`${folder}/${name}/package.json`, 'utf8')) as { version: string })
              .version,
          ];
        } catch {
          // not in this folder
        }
      }
      return [name, 'unknown'];
    }),
  );
}
