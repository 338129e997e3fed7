/** Whether a bucket lies where the machine will be: otherwise every start pays for the dataset's way. A warning only. */
import { bucketPlace, regionWarning } from '../storage/bucket-region.ts';
import { GcsStore } from '../storage/gcs-store.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { type Finding, note, type PreflightCheck, warning } from './run-checks.ts';

/**
 * @param dataset where the machine fetches it from
 * @param zones of the machines that may be rented
 */
export function bucketCheck(dataset: ObjectStore, zones: readonly string[]): PreflightCheck {
  return {
    name: 'bucket',
    run: async (): Promise<Finding[]> => {
      if (!(dataset instanceof GcsStore)) return [];
      const [place, objects] = await Promise.all([bucketPlace(dataset), dataset.list('')]);
      const bytes = objects.reduce((sum, object) => sum + object.bytes, 0);
      const texts = zones.map((zone) => regionWarning(place, zone, bytes));
      const warnings = texts.filter((text) => text !== undefined).map(warning);
      return [note(`${place.bucket} in ${place.location}`), ...warnings];
    },
  };
}
