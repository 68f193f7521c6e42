// Statistics of a conversation: what teammates and workflows did in it. What the contact does is in the conversation
// itself. The database keeps these as one JSON object; what has not happened is absent.

/** Times are milliseconds since 1970. First ones, and the count, begin with the contact's first message. */
export type Statistics = {
  readonly firstAssignmentAt?: number;
  readonly lastAssignmentAt?: number;
  readonly assignmentCount?: number;
  /** The last assignment before the first reply of a teammate. */
  readonly assignmentBeforeReplyAt?: number;
  readonly firstAdminReplyAt?: number;
  readonly lastAdminReplyAt?: number;
  /** The first reply of a teammate since the last assignment. */
  readonly lastAssignmentAdminReplyAt?: number;
  readonly firstCloseAt?: number;
  readonly lastCloseAt?: number;
  /** The admin who closed it last. */
  readonly lastClosedById?: string;
  /** How long the contact waited for each of the newest replies, in seconds. */
  readonly waits?: readonly number[];
  /** The median of the waits. */
  readonly medianWait?: number;
};

/** Of a conversation in which nothing has happened. One object, so that it is known to be unchanged. */
export const noStatistics: Statistics = {};

/** The seconds from the contact's first message, or without one from the beginning, to a moment. */
export function secondsUntil(
  {
    firstContactReplyAt,
    createdAt,
  }: { readonly firstContactReplyAt: number | null; readonly createdAt: number },
  moment: number | undefined,
): number | null {
  if (moment === undefined) return null;
  const begin = Math.floor(firstContactReplyAt ?? createdAt);
  return Math.max(0, Math.floor((moment - begin) / 1000));
}
