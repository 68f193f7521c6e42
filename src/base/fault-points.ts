// Named points around a commit at which a test may kill the process. Does nothing unless PARLEY_FAULT_POINT arms one.
//
// Each name says which race it opens:
//   before_load     a signal was accepted, nothing was read
//   after_load      the state was read, nothing was written
//   before_persist  the transitions ran, the statement was not sent
//   during_persist  the statement was sent, its outcome is unknown
//   after_persist   committed, no caller has its result
//   after_answer    committed, the response is sent
//   before_send     a lane is leased, its event was not sent
//   after_send      the app has the event, Parley does not know that yet
//   before_settle   the app's response is known, and not recorded
//   after_settle    the app's response is recorded
//   after_call      a webhook was called, its result is not submitted yet
//   erase_…         a stage of the removal of a contact's data begins
//   remove_content  a conversation is to lose its content, and has it still
//   remove_log      it is to lose its log, and has it still
//   between_removals  some rows are removed, more are to be
//   before_retention_step  a server has a turn in the removal of old rows
//   after_retention_step  some old rows are removed, the pass does not say so
//   before_response_stored  a request with an idempotency key had its effect, its response is not stored
//   during_file     some bytes of a file are written
//   before_file_renamed  the bytes of a file are written, under a temporary name
//   after_file_fetched  the bytes of a file were fetched, nothing of it is written
//   before_file_stored  the bytes of a file are in the store, its row does not say so

export const faultPoints = [
  'before_load',
  'after_load',
  'before_persist',
  'during_persist',
  'after_persist',
  'after_answer',
  'before_send',
  'after_send',
  'before_settle',
  'after_settle',
  'after_call',
  'erase_conversations',
  'erase_person',
  'erase_events',
  'erase_keys',
  'erase_done',
  'remove_content',
  'remove_log',
  'between_removals',
  'before_retention_step',
  'after_retention_step',
  'before_response_stored',
  'during_file',
  'before_file_renamed',
  'after_file_fetched',
  'before_file_stored',
] as const;

export type FaultPoint = (typeof faultPoints)[number];

const armed = parseArmed(process.env.PARLEY_FAULT_POINT);
let passes = 0;

/** Passes a fault point: kills the process with SIGKILL if a test armed this one and its turn has come. */
export function passFaultPoint(point: FaultPoint): void {
  if (armed === undefined || armed.point !== point) return;
  passes += 1;
  if (passes === armed.pass) process.kill(process.pid, 'SIGKILL');
}

/** Passes a fault point a moment later, once the bytes that the caller is about to send have left the process. */
export function passFaultPointSoon(point: FaultPoint): void {
  if (armed?.point === point) setTimeout(() => passFaultPoint(point), 1);
}

/** Reads `name:pass`, for example `before_persist:17`: die when that point is passed for the 17th time. */
function parseArmed(text: string | undefined): { point: FaultPoint; pass: number } | undefined {
  if (text === undefined || text === '') return undefined;
  const [name, pass = '1'] = text.split(':');
  const point = faultPoints.find((candidate) => candidate === name);
  if (point === undefined) throw new Error(`PARLEY_FAULT_POINT: unknown fault point "${name}"`);
  return { point, pass: Number(pass) };
}
