// The limits of parley.yaml, in one table: every list has one. A file beyond them is rejected before anything is
// written.

export const setupLimits = {
  admins: 1_000,
  teams: 500,
  teamMembers: 500,
  /** Each server keeps the tags of a workspace in memory: 20,000 are 3 MB. */
  tags: 20_000,
  dataAttributes: 1_000,
  attributeOptions: 200,
  channels: 500,
  /** Compared with the Origin header of every request of a browser. */
  allowedOrigins: 50,
  allowedRanges: 50,
  retries: 50,
  /** Each is opened when the file is applied and when a server starts. */
  secrets: 100,
  /** Every new conversation checks the trigger of each. */
  workflows: 500,

  nameCharacters: 100,
  descriptionCharacters: 1_000,
  pathCharacters: 1_000,
  urlCharacters: 2_048,
  rangeCharacters: 100,
  originCharacters: 300,
  headerNameCharacters: 100,
  secretCharacters: 4_096,
  callbackTimeoutMinMs: 1_000,
  callbackTimeoutMaxMs: 60_000,
  retryDelayMinMs: 1_000,
  retryDelayMaxMs: 7 * 86_400_000,
  retentionMinMs: 86_400_000,
  /** Repeats of an event are due for this long: what makes it take effect once is kept as long. */
  retentionOfEventIdsMinMs: 7 * 86_400_000,
  retentionMaxMs: 36_500 * 86_400_000,
} as const;
