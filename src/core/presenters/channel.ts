// The switches of a channel as the API, the command line and the audit log show them.

import type { Channel } from '../model/model.ts';

export type PresentedSwitches = ReturnType<typeof presentSwitches>;

export const presentSwitches = (channel: Channel) => ({
  enabled: channel.isEnabled,
  auto_create_conversation: channel.autoCreateConversation,
  require_user_identity: channel.requireUserIdentity,
  unknown_attribute: channel.unknownAttribute,
  strict_version: channel.strictVersion,
  buttons: channel.hasButtons,
  time_zone: channel.timeZone,
  allowed_origins: channel.allowedOrigins,
});
