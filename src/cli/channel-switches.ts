// The switches of a channel as options of a command line: read, listed, and shown.

import type { Channel } from '../core/model.ts';
import type { ChannelSwitches } from '../store/workspaces.ts';
import { type CommandCall, CommandFailed, type Option } from './command.ts';
import { onOff } from './print.ts';
import { choiceOption, switchOption } from './read-options.ts';

export const switchOptions: Readonly<Record<string, Option>> = {
  enabled: { type: 'boolean', about: 'Take its events (the default).' },
  disabled: { type: 'boolean', about: 'Answer its events with 404 "Integration not found".' },
  'auto-create-conversation': {
    type: 'string',
    placeholder: 'on|off',
    about: 'Begin a conversation when an event names an unknown one, instead of 404. Default off.',
  },
  'require-user-identity': {
    type: 'string',
    placeholder: 'on|off',
    about: 'Refuse a new user who has no name or no email. Default on.',
  },
  'unknown-attribute': {
    type: 'string',
    placeholder: 'record|reject',
    about:
      'What to do with an attribute that nobody asked for and nothing defines. Default record.',
  },
  'strict-version': {
    type: 'string',
    placeholder: 'on|off',
    about: 'Refuse the API versions before 2.14, which did not have these events. Default off.',
  },
};

/** The switches that the call names. */
export function readSwitches(call: CommandCall): ChannelSwitches {
  const { enabled, disabled } = call.options;
  if (enabled && disabled) throw new CommandFailed('give --enabled or --disabled, not both', 2);
  const switches = {
    isEnabled: enabled ? true : disabled ? false : undefined,
    autoCreateConversation: switchOption(call, 'auto-create-conversation'),
    requireUserIdentity: switchOption(call, 'require-user-identity'),
    unknownAttribute: choiceOption(call, 'unknown-attribute', ['record', 'reject']),
    strictVersion: switchOption(call, 'strict-version'),
  };
  const given = Object.entries(switches).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as ChannelSwitches;
}

export const switchHeadings = [
  'STATE',
  'AUTO-CREATE',
  'REQUIRE-IDENTITY',
  'UNKNOWN-ATTRIBUTE',
  'STRICT-VERSION',
];

export const switchCells = (channel: Channel): string[] => [
  channel.isEnabled ? 'enabled' : 'disabled',
  onOff(channel.autoCreateConversation),
  onOff(channel.requireUserIdentity),
  channel.unknownAttribute,
  onOff(channel.strictVersion),
];

export const switchJson = (channel: Channel) => ({
  enabled: channel.isEnabled,
  auto_create_conversation: channel.autoCreateConversation,
  require_user_identity: channel.requireUserIdentity,
  unknown_attribute: channel.unknownAttribute,
  strict_version: channel.strictVersion,
});
