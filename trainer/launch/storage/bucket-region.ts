/** Where a bucket lies, and what it costs when the machine lies elsewhere. */

import type { GcsStore } from './gcs-store.ts';
import { bodyOf } from './http-exchange.ts';

export interface BucketPlace {
  bucket: string;
  /** A region, or a multi-region such as US: in capitals, as Google writes it. */
  location: string;
  type: string;
}

/** @throws StoreError */
export async function bucketPlace(store: GcsStore): Promise<BucketPlace> {
  const { connection } = store;
  const url = connection.url(`/storage/v1/b/${connection.bucket}`, { fields: 'location,locationType' });
  const answer = await connection.request({ method: 'GET', url }, [200]);
  const { location, locationType } = JSON.parse((await bodyOf(answer)).toString('utf8'));
  return { bucket: connection.bucket, location, type: locationType };
}

/** Storage to a machine elsewhere, $ a GiB, by continents: Google's list prices of 2025, which change. */
const WITHIN: Record<string, number> = { northamerica: 0.02, europe: 0.02, asia: 0.08 };
const BETWEEN: Record<string, number> = { 'europe northamerica': 0.05 };
const ELSEWHERE = 0.14;

/**
 * A sentence when bucket and zone are of different regions, else undefined.
 * @param bytes that a start of the machine brings from there: the dataset and a checkpoint
 */
export function regionWarning(place: BucketPlace, zone: string, bytes: number): string | undefined {
  const location = place.location.toLowerCase();
  const region = zone.replace(/-[a-z]$/, '');
  const [there, here] = [continentOf(location), continentOf(region)];
  // A multi-region or a pair of regions of the same continent is as near as any bucket may be.
  if (location === region || (place.type !== 'region' && there === here)) return undefined;
  const usdPerGiB = (there === here ? WITHIN[here] : BETWEEN[[there, here].sort().join(' ')]) ?? ELSEWHERE;
  const gib = bytes / 2 ** 30;
  return (
    `gs://${place.bucket} lies in ${place.location}, the machine in ${zone}: each start brings ${gib.toFixed(1)} GiB ` +
    `from there, about $${(gib * usdPerGiB).toFixed(2)} at $${usdPerGiB} a GiB, and slower; a bucket in ${region} costs nothing for it`
  );
}

function continentOf(location: string): string {
  if (/^(us|nam|northamerica|ca)/.test(location)) return 'northamerica';
  if (/^(eu|europe)/.test(location)) return 'europe';
  if (/^asia/.test(location)) return 'asia';
  return location;
}
