// Divides the fault points into those of the engine and those of outgoing requests; each belongs to one of the two.

import { type FaultPoint, faultPoints } from '../../src/base/fault-points.ts';

/** Passed by outgoing requests: deliveries and webhook calls. */
export const outgoingPoints: readonly FaultPoint[] = [
  'before_send',
  'after_send',
  'before_settle',
  'after_settle',
  'after_call',
];

/** Passed by every signal in the engine. */
export const enginePoints = faultPoints.filter((point) => !outgoingPoints.includes(point));
