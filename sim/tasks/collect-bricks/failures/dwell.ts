/** Finds where a loader stayed at one place while something held. */
import { distance, type EventLog, type Moment, secondsAt } from './event-log.ts';
import { FAILURE_THRESHOLDS as T } from './thresholds.ts';

export interface Stay {
  from: number;
  to: number;
  lastsS: number;
}

/**
 * The longest stretch from frame `from` on in which `holds`, breaks shorter than `contactBreakS` aside, and the
 * loader stays within `stillRadiusM` of where the stretch began; undefined when it never holds.
 */
export function longestStay(
  log: EventLog,
  from: number,
  holds: (moment: Moment) => boolean,
): Stay | undefined {
  const breakFrames = T.contactBreakS * log.fps;
  let longest: Stay | undefined;
  let begin = -1;
  let last = -1;
  for (let frame = from; frame < log.moments.length; frame++) {
    const now = log.moments[frame];
    if (!holds(now)) continue;
    const anchor = log.moments[begin];
    const goesOn =
      anchor &&
      frame - last <= breakFrames + 1 &&
      distance(anchor.xM, anchor.zM, now.xM, now.zM) <= T.stillRadiusM;
    if (!goesOn) begin = frame;
    last = frame;
    const lastsS = secondsAt(log, frame - begin);
    if (!longest || lastsS > longest.lastsS) longest = { from: begin, to: frame, lastsS };
  }
  return longest;
}
