/** Bounds of scenarios of every task. */
import { z } from 'zod';

export const MAX_TIME_LIMIT_S = 1000;

/** Schema of a `time_limit_s`. */
export const timeLimitSeconds = z.number().min(1).max(MAX_TIME_LIMIT_S);
