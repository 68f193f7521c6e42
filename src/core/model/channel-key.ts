// The identity of a channel: ids of channels are unique within their workspace only.

export type ChannelKey = { readonly workspaceId: number; readonly channelId: number };

/** The key as a text, for maps. */
export const channelKeyText = ({ workspaceId, channelId }: ChannelKey): string =>
  `${workspaceId} ${channelId}`;
