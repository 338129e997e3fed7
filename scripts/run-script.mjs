#!/usr/bin/env node
/** Runs a TypeScript file of scripts/ under a current Node: node scripts/run-script.mjs goldens.ts --verify */
import { fileURLToPath } from 'node:url';
import { launch } from './launch.mjs';

const [file, ...args] = process.argv.slice(2);
launch(fileURLToPath(new URL('..', import.meta.url)), `scripts/${file}`, args);
