/** The machine in one line, for people who compare figures. */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { runProgram } from './child-process.ts';

export async function describeBenchMachine(): Promise<string> {
  const system = /PRETTY_NAME="(.*)"/.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'Linux';
  const chromium = await runProgram('chromium', ['--version']).catch(() => ({
    stdout: 'no system Chromium',
  }));
  return [
    `${availableParallelism()} cores of ${cpus()[0]?.model.trim()}`,
    `${Math.round(totalmem() / 2 ** 30)} GiB`,
    'no GPU used',
    `${system}, Linux ${release()}`,
    `Node ${process.versions.node}`,
    chromium.stdout.trim().split(' built')[0],
  ].join('; ');
}
