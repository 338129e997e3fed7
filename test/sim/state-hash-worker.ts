/** A worker thread that runs one fixed start and posts its final state hash. */
import { parentPort, workerData } from 'node:worker_threads';
import { loadPhysics } from '../../sim/engine/physics.ts';
import { simulateEpisode } from '../../sim/engine/simulate.ts';
import { FIXED_STARTS } from './fixed-starts.ts';

await loadPhysics();
parentPort?.postMessage(simulateEpisode(FIXED_STARTS[workerData]).finalStateHash);
