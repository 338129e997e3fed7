/** A folder here with the dataset that a run trains on: checkpoints are exported and compared on its frames. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cacheFolder } from '../../../runtime/cache-folder.ts';
import { formatBytes } from '../../../runtime/figures.ts';
import { downloadDataset } from '../storage/dataset-transfer.ts';
import { openStore } from '../storage/open-store.ts';
import { isFolder } from './locations.ts';

/** Once per place in storage; what is there is not fetched again. @throws StoreError when it cannot be had */
export async function localDataset(
  location: string,
  hubToken: string | undefined,
  say: (line: string) => void,
): Promise<string> {
  if (isFolder(location)) return location;
  const key = createHash('sha256').update(location).digest('hex').slice(0, 16);
  const folder = cacheFolder('datasets', key);
  if (existsSync(folder)) return folder;
  say(`fetching ${location}, on whose frames checkpoints are exported: ${folder}`);
  const store = openStore(location, { subject: '--dataset', hubToken });
  await downloadDataset(store, folder, { onProgress: percentages('fetched', say) });
  return folder;
}

/** Tells every tenth of the way. */
export function percentages(
  what: string,
  say: (line: string) => void,
): (doneBytes: number, totalBytes: number) => void {
  let told = -1;
  return (doneBytes, totalBytes) => {
    const tenth = Math.floor((10 * doneBytes) / Math.max(1, totalBytes));
    if (tenth === told) return;
    told = tenth;
    say(`${what} ${10 * tenth} % of ${formatBytes(totalBytes)}`);
  };
}
