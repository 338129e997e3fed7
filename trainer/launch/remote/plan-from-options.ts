/** The plan of a run from the command line, `train.remote.yaml` and the defaults, in this order. */
import { existsSync } from 'node:fs';
import { checkNames } from '../../../dataset/checks/names.ts';
import { boundedNumber, oneOf, wholeNumber } from '../../../runtime/option-value.ts';
import { orFault, throwFaults } from '../../../sim/errors.ts';
import { trainerArguments, unquoted } from '../overrides.ts';
import { pretrainedModel } from '../pretrained-model.ts';
import { datasetLocation, storeLocation } from './locations.ts';
import { type PlanFacts, pathOrNull, placeFromOptions, type RemoteOptions } from './place-from-options.ts';
import { REMOTE_DEFAULTS, type RunPlan } from './run-plan.ts';
import type { RemoteSettings } from './settings-file.ts';

/** @throws InputError with all faults at once */
export function planFromOptions(options: RemoteOptions, settings: RemoteSettings, facts: PlanFacts): RunPlan {
  const faults: string[] = [];
  const attempt = <T>(read: () => T): T | undefined => orFault(faults, read);
  const overrides = [...(settings.overrides ?? []), ...options.overrides];
  attempt(() => trainerArguments({ allowChange: [], overrides }));
  const initFrom = attempt(() => initFromOf(overrides, facts)) ?? null;
  const number = (name: string, text: string | undefined): number | undefined =>
    text === undefined ? undefined : attempt(() => boundedNumber(name, text, { above: 0 }));
  const whole = (name: string, text: string | undefined, min: number): number | undefined =>
    text === undefined ? undefined : attempt(() => wholeNumber(name, text, { min }));
  const place = attempt(() => placeFromOptions(options, settings, facts));
  const dataset = options.dataset ?? settings.dataset;
  const out = options.out ?? settings.out;
  if (dataset === undefined) faults.push('--dataset is missing: gs://…, hf://datasets/… or a folder');
  if (out === undefined) faults.push('--out is missing: gs://…, hf://… or a folder that both machines see');
  const { limits = {}, environment = {}, accelerate = {} } = settings;
  const word = <T extends string>(name: string, text: string, words: readonly T[]): T =>
    attempt(() => oneOf(name, text, words)) ?? words[0];
  const torch = word('--torch', options.torch ?? environment.torch ?? 'locked', ['locked', 'nightly']);
  const use = word('--accelerate', options.accelerate ?? accelerate.use ?? 'auto', ['auto', 'on', 'off']);
  const plan: Omit<RunPlan, 'place'> = {
    format: 1,
    ...{ runId: facts.runId, madeAt: facts.madeAt, command: facts.command },
    dataset: (dataset !== undefined && attempt(() => datasetLocation(dataset))) || '',
    out: (out !== undefined && attempt(() => storeLocation(out))) || '',
    overrides: overrides.filter((text) => !INIT_FROM.test(text)),
    initFrom,
    resumeOf: null,
    limits: {
      maxCostUsd: number('--max-cost', options.maxCost) ?? limits.max_cost_usd ?? null,
      maxHours: number('--max-hours', options.maxHours) ?? limits.max_hours ?? REMOTE_DEFAULTS.maxHours,
      deadManMinutes:
        number('--dead-man', options.deadMan) ?? limits.dead_man_minutes ?? REMOTE_DEFAULTS.deadManMinutes,
      hangMinutes: limits.hang_minutes ?? REMOTE_DEFAULTS.hangMinutes,
      reportMinutes: limits.report_minutes ?? REMOTE_DEFAULTS.reportMinutes,
      pollS: limits.poll_s ?? REMOTE_DEFAULTS.pollS,
    },
    environment: { torch, python: environment.python ?? null },
    accelerate: {
      use,
      processes: accelerate.processes ?? null,
      mixedPrecision: accelerate.mixed_precision ?? null,
      configFile: pathOrNull(accelerate.config_file, facts),
    },
    evaluation: {
      suite: options.eval === 'none' ? null : (options.eval ?? settings.eval?.suite ?? null),
      every: whole('--eval-every', options.evalEvery, 1) ?? settings.eval?.every ?? 1,
    },
    wandb: settings.wandb ?? false,
    minEpisodes: whole('--min-episodes', options.minEpisodes, 0) ?? 0,
    skip: options.skip === undefined ? [] : checkNames('--skip', options.skip),
  };
  if (plan.limits.deadManMinutes < 5 || plan.limits.deadManMinutes > 1440)
    faults.push(`--dead-man is ${plan.limits.deadManMinutes}; it takes 5 to 1440 minutes`);
  if (place?.name === 'ssh') {
    if (options.maxCost !== undefined)
      faults.push('--max-cost is for rented machines; nobody knows what an hour of an ssh host costs');
    plan.limits.maxCostUsd = null;
  }
  if (place?.name === 'gcp' && plan.limits.maxCostUsd !== null && place.pricePerHourUsd === null)
    faults.push(
      "--max-cost needs what an hour costs, which Google's API does not tell: gcp.price_per_hour_usd in train.remote.yaml",
    );
  const { configFile } = plan.accelerate;
  if (configFile !== null && !existsSync(configFile))
    faults.push(`accelerate.config_file ${configFile} does not exist; write it with \`accelerate config\``);
  throwFaults('train', faults);
  return { ...plan, place: place! };
}

const INIT_FROM = /^\+{0,2}training\.init_from=(.*)$/s;

/** @throws InputError when it is no checkpoint of this machine */
function initFromOf(overrides: readonly string[], facts: PlanFacts): string | null {
  const value = overrides.map((text) => INIT_FROM.exec(text)?.[1]).findLast((found) => found !== undefined);
  if (value === undefined || value === 'null') return null;
  return pretrainedModel(pathOrNull(unquoted(value), facts)!);
}
