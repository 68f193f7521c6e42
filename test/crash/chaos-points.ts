// Which of the named places are those of the door, and which are beside it. Every place belongs to one of the two, so
// none is left out when one is added.

import { type FaultPoint, faultPoints } from '../../src/base/fault-points.ts';

/** Passed by whatever calls out: deliveries and webhooks. */
export const callingPoints: readonly FaultPoint[] = [
  'before_send',
  'after_send',
  'before_settle',
  'after_settle',
  'after_call',
];

/** Passed by every signal. */
export const doorPoints = faultPoints.filter((point) => !callingPoints.includes(point));
