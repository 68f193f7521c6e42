// The limits of the wire, the engine and the server, in one table, unit last. The embedded PostgreSQL has its own.

export const limits = {
  /** Contract row 42. */
  idCharactersMax: 255,
  bodyCharactersMax: 100_000,
  attributeValueCharactersMax: 10_000,
  nameCharactersMax: 255,
  urlCharactersMax: 2_048,
  /** Custom attributes of one contact, company or conversation; every event reads all of its contact and conversation. */
  customAttributesMax: 250,
  /** Tags of one contact, company or conversation. */
  tagsPerObjectMax: 250,
  conversationContactsMax: 100,
  companiesPerContactMax: 1_000,
  tagsPerWorkspaceMax: 20_000,
  dataAttributesMax: 1_000,
  attributeOptionsMax: 200,
  attributeDescriptionCharactersMax: 1_000,
  /** Conversations that change in one transaction with their contact. */
  conversationsWithContactMax: 100,
  /** Contacts that one request may tag, and companies. */
  taggedObjectsMax: 100,
  /** All attributes of one object as JSON: room for 250 with values of 255 characters, the vendor's limits. */
  customAttributesBytesMax: 128 * 1024,
  /** The last second of the year 9999: later times are milliseconds by mistake. */
  secondsMax: 253_402_300_799,
  /** Contract row 18. */
  emailCharactersMax: 254,
  /** Contract row 37; PARLEY_BODY_LIMIT overrides it. */
  channelEventBodyBytesMax: 1024 * 1024,
  /** Contract G 21: bodies in which files may be, as base64. */
  bodyWithFilesBytesMax: 25 * 1024 * 1024,
  /** What an upload may have around its file: boundaries, headers, small fields. */
  uploadFrameBytesMax: 64 * 1024,
  /** Uploads that one server takes at the same time. */
  uploadsMax: 64,
  /** Files of one part. */
  attachmentsMax: 10,
  conversationPartsMax: 500,
  /** Waits for a reply of which a conversation keeps the median. */
  replyWaitsMax: 50,
  /** Maximum items on a page of a list or search (contract C). */
  perPageMax: 150,
  /** Searches that run at once: half of the connections for reads, so that a slow search delays no other read. */
  searchesMax: 2,
  searchesWaitingMax: 1_000,
  /** How long a search may wait for its turn, and how long each of its statements may run; then the caller gets 503. */
  searchWaitMaxMs: 8_000,
  searchStatementTimeoutMs: 5_000,
  conversationsPerPage: 20,
  contactsPerPage: 50,
  /** Texts of one conversation in a response; the newest that fit are shown. */
  conversationBodiesBytesMax: 2 * 1024 * 1024,

  /** Messages of workflows to a contact: for one signal, and within a minute by timers and results of webhooks. */
  runMessagesMax: 10,
  runMessagesWindowMs: 60_000,
  /** Messages of workflows in all, until the contact or a teammate does something. */
  runMessagesUnansweredMax: 100,

  idempotencyKeyCharactersMax: 255,
  idempotencyKeptMs: 7 * 86_400_000,
  /** How long a server has a request with a key to itself; when it is over, a repeat takes the request over. */
  idempotencyLeaseMs: 5_000,
  /** How long a repeat waits for the response of an earlier try: longer than the lease, shorter than the SDK's 20 s. */
  idempotencyWaitMaxMs: 10_000,
  /** How often such a repeat looks for the response of another server. */
  idempotencyPollMs: 50,
  /** Old keys are removed in batches of this size. */
  idempotencyRemovalMax: 500,
  idempotencyRemovalIntervalMs: 60_000,

  /** How long after its deletion a contact's data begins to be removed: readers of the log get their last events. */
  erasureDelayMs: 60_000,
  /** How long events of a conversation that is to be removed may wait for their delivery. */
  removalPatienceMs: 86_400_000,
  /** How long the guard of an e-mail is kept: far longer than writers of the same moment need it. */
  emailGuardKeptMs: 3_600_000,

  headerBytesMax: 16 * 1024,
  /** Percent-encoded, an id of 255 characters takes up to 3,060. */
  pathParameterCharactersMax: 4096,
  headersTimeoutMs: 15_000,
  requestTimeoutMs: 30_000,
  keepAliveTimeoutMs: 72_000,
  /** A client that reads nothing of its response for this long is disconnected. */
  stalledClientTimeoutMs: 30_000,
  /** How long a client may take to close its side after the server closed its own. */
  lingerTimeoutMs: 5_000,
  /** File descriptors kept for the database, callbacks and files: a third of all, within these bounds. */
  reservedDescriptorsMin: 100,
  reservedDescriptorsMax: 2_048,
  connectionsMax: 4_000,
  /** Unsent responses and unread requests of all clients; beyond it stalled clients are disconnected sooner. */
  keptForClientsBytesMax: 256 * 1024 * 1024,

  /** A larger group gains nothing more and makes its callers wait longer. */
  groupSignalsMax: 128,
  groupsInFlightMax: 2,
  /** How long a few signals wait while a large group is in flight before they form a group of their own. */
  groupPatienceMs: 25,
  /** Signals that may wait for a group; beyond it callers get 503 (backpressure). */
  waitingSignalsMax: 20_000,
  waitingCharactersMax: 64 * 1024 * 1024,
  groupCharactersMax: 4 * 1024 * 1024,
  /** A signal that waited longer gets 503: its caller (timeout 20 s in the SDK) is about to give up. */
  waitingSignalAgeMaxMs: 12_000,
  /** Times a group is loaded again after a write conflict with another server. */
  groupRetriesMax: 8,

  statementTimeoutMs: 8_000,
  queryTimeoutMs: 9_000,
  connectTimeoutMs: 3_000,
  readConnectionsMax: 4,
  /** Connections for commands, and for idempotency keys, which must not wait for commands that wait. */
  commandConnectionsMax: 4,
  /** Connections for token lookups, readiness, and migrations at startup. */
  accessConnectionsMax: 4,

  /** How long a resolved token is trusted: a revoked one stops working within this time. */
  accessCacheMs: 2_000,
  accessCacheEntriesMax: 10_000,
  /** Unknown tokens that may wait to be looked up; beyond it the address with most of them gets 503. */
  tokenLookupsMax: 8_192,
  /** Tokens looked up with one query. */
  tokenLookupBatchMax: 256,
  /** During such a flood a token that was valid this long ago is still trusted. */
  accessStaleMs: 30_000,
  /** How long the setup of a workspace is trusted before the database is asked whether it changed. */
  setupCacheMs: 1_000,
  setupsMax: 1_000,
  authorizationCharactersMax: 1024,
  rateWindowMs: 10_000,

  /** Difference between this server's clock and the database's that is worth a warning. */
  clockDifferenceMaxMs: 2_000,
  /** How often the database's clock is compared with the steady one that counts its time. */
  clockComparisonMs: 1_000,
  /** How long the database's clock must stay where it jumped to before the jump is accepted. */
  clockJumpConfirmMs: 60_000,
  readinessTimeoutMs: 1_500,
  /** Stopping: how long new requests get 503 before their connections are closed. */
  closingNoticeMs: 100,
  /** Stopping: time for requests in flight, less the draining time; then for the signals the engine still holds. */
  finishRequestsTimeoutMs: 5_000,
  finishRequestsTimeoutMinMs: 2_500,
  drainTimeoutMs: 1_000,
  poolCloseTimeoutMs: 700,
  /** Stopping: time for everything, and for everything after draining. Containers are killed after 10 s by default. */
  exitTimeoutMs: 9_500,
  exitTimeoutAfterDrainMs: 4_500,
} as const;
