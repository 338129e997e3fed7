/** The options of `train` that are about another machine. */
import type { Command } from 'commander';
import { REMOTE_DEFAULTS } from './run-plan.ts';

export const collect = (value: string, before: string[]): string[] => [...before, value];

export function addRemoteOptions(command: Command): Command {
  const d = REMOTE_DEFAULTS;
  return command
    .optionsGroup('On another machine (--provider ssh, gcp, verda):')
    .option('--host <[user@]host[:port]>', 'ssh: where it trains')
    .option('--host-key <key>', 'ssh: the only host key that is taken (default: the first one seen is kept)')
    .option('--key <file>', 'private key for ssh (default: gcp, verda: one of the run; ssh: as ssh finds it)')
    .option('--project <id>', 'gcp: the project')
    .option('--instance <name>', 'gcp: one that is there; it is started, and left stopped')
    .option(
      '--zone <zone>',
      'gcp: zone, verda: location; repeatable, the first in stock is taken',
      collect,
      [],
    )
    .option('--gpu <name>', 'gcp, verda: such as A100 or H100')
    .option('--gpus <n>', `how many of them in one machine (default: ${d.gpus})`)
    .option('--machine-type <type>', 'instead of --gpu; repeatable, the first in stock is taken', collect, [])
    .option('--no-spot', 'rent what nobody takes away, for more money')
    .option('--max-cost <usd>', 'end it before all its machines cost more (default: no limit)')
    .option('--max-hours <h>', `end it after so long (default: ${d.maxHours})`)
    .option(
      '--dead-man <min>',
      `training and machine end by themselves so long after this command was last heard (default: ${d.deadManMinutes})`,
    )
    .option(
      '--torch <which>',
      "locked, or nightly for GPUs that the locked one doesn't know (default: locked)",
    )
    .option('--accelerate <when>', 'auto (two GPUs or more), on, off (default: auto)')
    .option('--run-id <id>', 'its name (default: by date and time)')
    .option('--settings <file>', 'settings (default: train.remote.yaml here, if there is one)')
    .option('--env-file <file>', 'secrets (default: .env here, if there is one)')
    .option('--preflight', 'only say what stands in the way, rent nothing');
}

export const REMOTE_HELP = `
Another machine: --dataset and --out take gs://BUCKET/PREFIX, hf://OWNER/NAME (datasets: hf://datasets/OWNER/NAME) or a
folder, which is sent. Everything is checked before anything is rented. This command then looks after the run: it may
be killed and \`train resume RUN\` goes on; a machine that is taken away is replaced and the training goes on from its
newest whole checkpoint in --out. Ctrl-C once writes a checkpoint, ends and cleans up; twice leaves at once.
Secrets come from .env (.env.example), what stays the same from train.remote.yaml (train.remote.example.yaml).
docs/remote-training.md tells the rest.

  brickyard train --provider ssh --host me@gpu-box --dataset datasets/first --out gs://bucket/runs policy=act
  brickyard train --provider gcp --project P --instance my-a100 --zone us-central1-a --dataset gs://… --out gs://…
  brickyard train --provider gcp --project P --gpu A100 --zone us-central1-a,us-central1-b --max-cost 40 …
  brickyard train --provider verda --gpu H100 --gpus 4 --dataset hf://datasets/me/first --out hf://me/act …
  brickyard train status RUN | logs RUN --follow | stop RUN | resume RUN | cleanup`;
