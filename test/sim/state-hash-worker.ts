/** A worker thread that runs one fixed start and posts its final state hash. */
import { parentPort, workerData } from 'node:worker_threads';
import { simulateEpisode } from '../../sim/engine/simulate.ts';
import { loadTask } from '../../sim/tasks/load-task.ts';
import { FIXED_STARTS } from './fixed-starts.ts';

await loadTask();
parentPort?.postMessage(simulateEpisode(FIXED_STARTS[workerData]).finalStateHash);
