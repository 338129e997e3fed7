/** What a run has cost and how long it may go on. From request to seen end: never less than the provider counts. */
import type { Offer } from '../remote/ports.ts';
import type { SupervisorState } from './state.ts';

const HOUR_MS = 3_600_000;

interface Paid {
  offer: Offer;
  fromMs: number;
  toMs: number | null;
}

function paidTimes(state: SupervisorState): Paid[] {
  const machines = [...state.machines.values()].flatMap(({ offer, paid }) =>
    paid.map((time) => ({ offer, ...time })),
  );
  return [...machines, ...[...state.strays.values()].map(({ offer, paid }) => ({ offer, ...paid }))];
}

/** Null when a machine's price is not known. Machines that are being ended count until they are seen to be gone. */
export function spentUsd(state: SupervisorState, nowMs: number): number | null {
  return sum(
    paidTimes(state).map(({ offer, fromMs, toMs }) =>
      offer.pricePerHourUsd === null
        ? null
        : (offer.pricePerHourUsd * Math.max(0, (toMs ?? nowMs) - fromMs)) / HOUR_MS,
    ),
  );
}

/** Of all that is paid for now; null when a price is not known. */
export function burnUsdPerHour(state: SupervisorState): number | null {
  return sum(
    paidTimes(state)
      .filter(({ toMs }) => toMs === null)
      .map(({ offer }) => offer.pricePerHourUsd),
  );
}

/** Until the run's hours or its money are used up at the present rate; Infinity without a cap. */
export function leftS(state: SupervisorState, nowMs: number, extraUsdPerHour = 0): number {
  const { maxHours, maxCostUsd } = state.plan;
  const hoursLeftS = (state.plannedAtMs + maxHours * HOUR_MS - nowMs) / 1000;
  if (maxCostUsd === null) return hoursLeftS;
  const spent = spentUsd(state, nowMs);
  const burn = burnUsdPerHour(state);
  if (spent === null || burn === null) return hoursLeftS;
  const rate = burn + extraUsdPerHour;
  const moneyLeft = maxCostUsd - spent;
  if (moneyLeft <= 0) return 0;
  return rate === 0 ? hoursLeftS : Math.min(hoursLeftS, (moneyLeft / rate) * 3600);
}

/** Between the switch and the end of what is paid: a checkpoint, its upload, the power. */
const SWITCH_S = 300;

/** How far the dead man's limit may be pushed: so that a machine left to it ends within the caps. */
export function deadManSNow(state: SupervisorState, nowMs: number): number {
  return Math.max(SWITCH_S, Math.min(state.plan.timing.deadManS, Math.floor(leftS(state, nowMs)) - SWITCH_S));
}

/** Which cap it is that `leftS` met, for the reason that is reported. */
export function capText(state: SupervisorState, nowMs: number): string {
  const { maxHours, maxCostUsd } = state.plan;
  const hoursLeftS = (state.plannedAtMs + maxHours * HOUR_MS - nowMs) / 1000;
  const spent = spentUsd(state, nowMs);
  if (maxCostUsd === null || leftS(state, nowMs) >= hoursLeftS || spent === null)
    return `--max-hours ${maxHours} is reached; \`train resume\` with more goes on from the newest checkpoint`;
  return `--max-cost ${maxCostUsd} is reached (${spent.toFixed(2)} USD spent, the rest is kept for the clean-up); \`train resume\` with more goes on from the newest checkpoint`;
}

function sum(values: readonly (number | null)[]): number | null {
  return values.includes(null) ? null : values.reduce<number>((total, value) => total + value!, 0);
}
