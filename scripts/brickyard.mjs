#!/usr/bin/env node
/** The command `brickyard`: cli.ts under a current Node. Runs under any Node >= 18. */
import { fileURLToPath } from 'node:url';
import { launch } from './launch.mjs';

launch(fileURLToPath(new URL('..', import.meta.url)), 'cli.ts', process.argv.slice(2));
