// The external ids that Parley makes up where the app gives none, and how to tell one kind of them.

const GONE = 'parley-gone-';

/** Returns the external id of a conversation that begins over the REST API. */
export const begunId = (uniqueName: string): string => `parley-${uniqueName}`;

/** Returns the external id of a conversation whose contacts were deleted: the app's is free for another one. */
export const goneId = (uniqueName: string): string => `${GONE}${uniqueName}`;

/** Whether a conversation has lost the app's id. */
export const isGoneId = (externalId: string): boolean => externalId.startsWith(GONE);
