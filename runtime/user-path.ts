/** Where the user stood when the command was typed; npm moves the process to the checkout and keeps that place. */
import { resolve } from 'node:path';

/** The folder that relative paths of the command line start from. */
export function userFolder(): string {
  return process.env.INIT_CWD ?? process.cwd();
}

/** An absolute path for what the user wrote. */
export function userPath(path: string): string {
  return resolve(userFolder(), path);
}
