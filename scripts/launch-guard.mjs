/** Loaded before the file that launch.mjs starts: it dies with its launcher (a SIGKILL cannot be passed on). */
import { isMainThread } from 'node:worker_threads';

if (isMainThread && process.channel) {
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  process.channel.unref();
}
