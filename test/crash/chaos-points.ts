// Divides the fault points into those of the engine, of outgoing requests and of idempotency keys; each belongs to one.

import { type FaultPoint, faultPoints } from '../../src/base/fault-points.ts';

/** Passed by outgoing requests: deliveries and webhook calls. */
export const outgoingPoints: readonly FaultPoint[] = [
  'before_send',
  'after_send',
  'before_settle',
  'after_settle',
  'after_call',
];

/** Passed by requests with an idempotency key. */
const keyPoints: readonly FaultPoint[] = ['before_response_stored'];

/** Passed by every signal in the engine. */
export const enginePoints = faultPoints.filter(
  (point) => !outgoingPoints.includes(point) && !keyPoints.includes(point),
);
