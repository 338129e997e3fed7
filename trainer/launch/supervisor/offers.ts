/** Which offer to take now: the cheapest that no refusal blocks and that the caps allow to be of use. */
import type { Offer } from '../remote/ports.ts';
import { leftS } from './cost.ts';
import { offerKey, regionOf, type SupervisorState } from './state.ts';

export type Choice =
  | { take: Offer; maxRunS: number }
  /** All that could be taken is refused until then. */
  | { waitUntilMs: number }
  /** Nothing of the rest of money or hours. */
  | { capped: true }
  | { never: string };

export function chooseOffer(state: SupervisorState, offers: readonly Offer[], nowMs: number): Choice {
  const { plan } = state;
  if (offers.length === 0) return { never: 'nobody offers the wanted machine' };
  const priced = offers.filter(({ pricePerHourUsd }) => plan.maxCostUsd === null || pricePerHourUsd !== null);
  if (priced.length === 0)
    return { never: '--max-cost cannot be kept, as no offer of the wanted machine has a price' };
  const possible = priced.filter((offer) => blockedUntilMs(state, offer) < Number.POSITIVE_INFINITY);
  if (possible.length === 0) return { never: 'every place that offers the machine refused it for good' };
  const { windDownS, leastUsefulS } = plan.timing;
  const affordable = byPrice(possible).flatMap((offer) => {
    const maxRunS = Math.floor(leftS(state, nowMs, offer.pricePerHourUsd ?? 0));
    return maxRunS < windDownS + leastUsefulS ? [] : [{ take: offer, maxRunS }];
  });
  if (affordable.length === 0) return { capped: true };
  const free = affordable.find(({ take }) => blockedUntilMs(state, take) <= nowMs);
  return free ?? { waitUntilMs: Math.min(...affordable.map(({ take }) => blockedUntilMs(state, take))) };
}

const byPrice = (offers: readonly Offer[]): Offer[] =>
  [...offers].sort((a, b) => priceOf(a) - priceOf(b) || 0);

const priceOf = ({ pricePerHourUsd }: Offer): number => pricePerHourUsd ?? Number.MAX_VALUE;

export function blockedUntilMs(state: SupervisorState, offer: Offer): number {
  const keys = { offer: offerKey(offer), zone: offer.zone, region: regionOf(offer.zone), everywhere: '' };
  return Math.max(
    0,
    ...state.blocks.filter(({ scope, key }) => keys[scope] === key).map(({ untilMs }) => untilMs),
  );
}
