// Divides the fault points by what passes them: signals in the engine, outgoing requests, idempotency keys, removals of
// personal data, and files.

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

/** Passed by the removal of a contact's data and of old rows; removals.pg.test.ts and retention.pg.test.ts kill there. */
const isRemoval = (point: FaultPoint): boolean =>
  /^(erase|remove|between)_|_retention_/.test(point);

/** Passed by uploads and fetches; files.pg.test.ts kills there. */
const isFile = (point: FaultPoint): boolean => point.includes('file');

/** Passed by every signal in the engine. */
export const enginePoints = faultPoints.filter(
  (point) =>
    !outgoingPoints.includes(point) &&
    !keyPoints.includes(point) &&
    !isRemoval(point) &&
    !isFile(point),
);
