/**
 * Results of experiments, from rollouts to docs/results:
 *   node scripts/run-script.mjs results.ts collect --title T --arm "expert only=FOLDER,FOLDER" --arm … --out FILE.json
 *   node scripts/run-script.mjs results.ts draw FILE.json      FILE.svg beside it, and its tables on stdout
 *   node scripts/run-script.mjs results.ts draw --verify FILE.json      1 when the SVG is another than the file says
 *   node scripts/run-script.mjs results.ts bucket FOLDER…      how long rollouts went with a bucket left tilted
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { collectArms, readArmsFile } from './results/arms-file.ts';
import { armsPlot } from './results/arms-plot.ts';
import { armsTable, scenarioTable } from './results/arms-table.ts';
import { tiltedBucket, tiltedBucketLine } from './results/tilted-bucket.ts';

const program = new Command('results');
program
  .command('collect')
  .requiredOption('--title <text>', 'what the arms differ in')
  .requiredOption(
    '--arm <name=folders>',
    'rollout folders of an arm, a training each; repeatable',
    collected,
    [],
  )
  .requiredOption('--out <file>', 'JSON to write')
  .action(({ title, arm, out }: { title: string; arm: string[]; out: string }) => {
    const arms = arm.map((text) => {
      const [name, folders] = text.split('=');
      return { name, folders: folders.split(',') };
    });
    writeFileSync(out, `${JSON.stringify(collectArms(title, arms), null, 1)}\n`);
  });
program
  .command('draw')
  .argument('<file>', 'JSON of collect')
  .option('--verify', 'compare with the picture that is there, write nothing')
  .action((file: string, { verify }: { verify?: boolean }) => {
    const arms = readArmsFile(file);
    const [picture, path] = [armsPlot(arms), file.replace(/\.json$/, '.svg')];
    if (verify) {
      if (existsSync(path) && readFileSync(path, 'utf8') === picture) return;
      process.stderr.write(`${path} is not what ${file} says: run the command without --verify\n`);
      process.exitCode = 1;
      return;
    }
    writeFileSync(path, picture);
    process.stdout.write(`${armsTable(arms)}\n\n${scenarioTable(arms)}\n`);
  });
program
  .command('bucket')
  .argument('<folders...>', 'of rollouts')
  .action(async (folders: string[]) => {
    for (const folder of folders)
      process.stdout.write(`${folder}: ${tiltedBucketLine(await tiltedBucket(folder))}\n`);
  });
await program.parseAsync();

function collected(text: string, before: string[]): string[] {
  return [...before, text];
}
