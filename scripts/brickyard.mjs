#!/usr/bin/env node
/** The command `brickyard`: cli.ts under a current Node. Runs under any Node >= 18. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launch } from './launch.mjs';
import { pythonFolder, uvPath } from './setup/python.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
launch(root, 'cli.ts', process.argv.slice(2), await toolsMade());

/** The Python environment and uv of the set-up, for commands that need them; the user's own choice stands. */
async function toolsMade() {
  const made = {
    BRICKYARD_PYTHON: join(await pythonFolder(root, 'trainer'), 'bin', 'python'),
    BRICKYARD_UV: uvPath(),
  };
  return Object.fromEntries(
    Object.entries(made).filter(([name, path]) => !process.env[name] && existsSync(path)),
  );
}
