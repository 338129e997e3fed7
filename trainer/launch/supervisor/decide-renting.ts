/** Without a machine: the user's own, else the cheapest offer that is to be had. */
import type { Candidate } from './intent.ts';
import { chooseOffer } from './offers.ts';
import type { SupervisorState } from './state.ts';
import type { View } from './view.ts';

/** Prices and stock move. */
const OFFERS_KEPT_MS = 10 * 60_000;

export function rentingCandidates(state: SupervisorState, view: View, nowMs: number): Candidate[] {
  const { existing, rentElsewhere } = state.plan;
  if (existing !== null) {
    const isOutOfStock = state.machines.get(existing.name)?.endingWhy === 'out-of-stock';
    if (!(isOutOfStock && rentElsewhere))
      return [{ intent: { do: 'look-at-existing' }, dueMs: view.retries.untilMs('existing') }];
  }
  if (view.offers === null || nowMs - view.offersAtMs > OFFERS_KEPT_MS)
    return [{ intent: { do: 'list-offers' }, dueMs: view.retries.untilMs('offers') }];
  const choice = chooseOffer(state, view.offers, nowMs);
  if ('take' in choice) {
    const { take, maxRunS } = choice;
    return [{ intent: { do: 'create', offer: take, maxRunS }, dueMs: view.retries.untilMs('create') }];
  }
  if ('waitUntilMs' in choice)
    return [{ intent: { do: 'wait', untilMs: choice.waitUntilMs }, dueMs: choice.waitUntilMs }];
  return []; // outcomeNow has its say
}
