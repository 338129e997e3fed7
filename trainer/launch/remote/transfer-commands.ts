/** `policy push`, `dataset push` and `dataset pull`: to and from gs://, hf:// and folders. */
import { Command } from 'commander';
import { formatBytes } from '../../../runtime/figures.ts';
import { assertFolderPlace } from '../../../runtime/output-folder.ts';
import { userPath } from '../../../runtime/user-path.ts';
import { downloadDataset, uploadDataset } from '../storage/dataset-transfer.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { openStore } from '../storage/open-store.ts';
import { pushPolicy } from '../storage/publish-policy.ts';
import { looksLikeStoreUrl, parseStoreUrl } from '../storage/store-url.ts';
import { percentages } from './local-dataset.ts';
import { type RemoteContext, withSecrets } from './train-remotely.ts';

interface TransferOptions {
  envFile?: string;
  json?: boolean;
  quiet?: boolean;
}

const ENV_FILE = ['--env-file <file>', 'secrets (default: .env here, if there is one)'] as const;

export function policyCommand(): Command {
  const push = new Command('push')
    .description('Publish a policy folder alone: its graph, its contract and its golden pairs, nothing else.')
    .argument('<policy>', 'a policy folder')
    .argument('<url>', 'hf://OWNER/NAME, gs://BUCKET/PREFIX or a folder')
    .option(...ENV_FILE)
    .action((policy: string, url: string, _options, command: Command) =>
      transfer(command, url, async (store, { secrets }) => {
        assertWritable(url);
        const pushed = await pushPolicy(userPath(policy), store, { secrets: secrets.values });
        return {
          summary: { url, ...pushed },
          text: `${pushed.files.length} files, ${formatBytes(pushed.bytes)} at ${url}`,
        };
      }),
    );
  return new Command('policy').description('Publish policies.').addCommand(push);
}

export function datasetTransferCommands(): Command[] {
  const push = new Command('push')
    .description('Upload a dataset; what an earlier try sent is not sent again.')
    .argument('<folder>', 'a LeRobot v3.0 dataset')
    .argument('<url>', 'gs://BUCKET/PREFIX, hf://datasets/OWNER/NAME or a folder')
    .option(...ENV_FILE)
    .action((folder: string, url: string, _options, command: Command) =>
      transfer(command, url, async (store, { say }) => {
        assertWritable(url);
        const sent = await uploadDataset(userPath(folder), store, { onProgress: percentages('sent', say) });
        const how = sent.wasThere ? 'was there already' : `${formatBytes(sent.sentBytes)} sent`;
        return { summary: { url, ...sent }, text: `${url}: ${formatBytes(sent.bytes)}, ${how}` };
      }),
    );
  const pull = new Command('pull')
    .description('Fetch a dataset, every file compared with its hash; what an earlier try brought is kept.')
    .argument('<url>', 'gs://BUCKET/PREFIX, hf://datasets/OWNER/NAME or a folder')
    .argument('<folder>', 'where to, a new folder')
    .option(...ENV_FILE)
    .action((url: string, folder: string, _options, command: Command) =>
      transfer(command, url, async (store, { say }) => {
        const into = userPath(folder);
        assertFolderPlace(into, 'the folder');
        await downloadDataset(store, into, { onProgress: percentages('fetched', say) });
        return { summary: { url, folder: into }, text: into };
      }),
    );
  return [push, pull];
}

/** Nothing is known of other stores before they are asked. @throws InputError for a folder that cannot be written */
function assertWritable(url: string): void {
  const address = parseStoreUrl(storePlace(url), 'the URL');
  if (address.kind === 'folder') assertFolderPlace(address.folder, 'the folder');
}

const storePlace = (url: string): string => (looksLikeStoreUrl(url) ? url : userPath(url));

async function transfer(
  command: Command,
  url: string,
  action: (
    store: ObjectStore,
    context: RemoteContext,
  ) => Promise<{ summary: Record<string, unknown>; text: string }>,
): Promise<void> {
  const options = command.optsWithGlobals<TransferOptions>();
  await withSecrets(options, async (context) => {
    const store = openStore(storePlace(url), {
      subject: 'the URL',
      hubToken: context.secrets.get('HF_TOKEN'),
    });
    const { summary, text } = await action(store, context);
    context.say(text);
    if (options.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
  });
}
