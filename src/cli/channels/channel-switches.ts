// The switches of a channel as options of a command line: read, listed, and shown.

import type { Channel } from '../../core/model/model.ts';
import { isTimeZone, suggestZone } from '../../core/workflow/time-zone.ts';
import type { ChannelSwitches } from '../../store/tenancy/workspaces.ts';
import { type CommandCall, CommandFailed, type Option } from '../kit/command.ts';
import { onOff } from '../kit/print.ts';
import { choiceOption, switchOption, textOption } from '../kit/read-options.ts';

export const switchOptions: Readonly<Record<string, Option>> = {
  enabled: { type: 'boolean', about: 'Accept its events (the default).' },
  disabled: { type: 'boolean', about: 'Reject its events with 404 "Integration not found".' },
  'auto-create-conversation': {
    type: 'string',
    placeholder: 'on|off',
    about: 'Create a conversation when an event names an unknown one, instead of 404. Default off.',
  },
  'require-user-identity': {
    type: 'string',
    placeholder: 'on|off',
    about: 'Reject a new user without a name or an email. Default on.',
  },
  'unknown-attribute': {
    type: 'string',
    placeholder: 'record|reject',
    about:
      'What to do with an attribute that no workflow asked for and no file defines. Default record.',
  },
  'strict-version': {
    type: 'string',
    placeholder: 'on|off',
    about: 'Reject API versions before 2.14, which did not have these events. Default off.',
  },
  buttons: {
    type: 'string',
    placeholder: 'on|off',
    about: 'Off: the app shows no buttons, so questions number their choices. Default on.',
  },
  'time-zone': {
    type: 'string',
    placeholder: 'name|none',
    about: 'The time zone of texts and waits, such as Europe/Berlin. Default UTC.',
  },
};

/** The switches that the call names. */
export function readSwitches(call: CommandCall): ChannelSwitches {
  const { enabled, disabled } = call.options;
  if (enabled && disabled) throw new CommandFailed('give --enabled or --disabled, not both', 2);
  const switches = {
    isEnabled: enabled || disabled ? enabled === true : undefined,
    autoCreateConversation: switchOption(call, 'auto-create-conversation'),
    requireUserIdentity: switchOption(call, 'require-user-identity'),
    unknownAttribute: choiceOption(call, 'unknown-attribute', ['record', 'reject']),
    strictVersion: switchOption(call, 'strict-version'),
    hasButtons: switchOption(call, 'buttons'),
    timeZone: zoneOption(call),
  };
  const given = Object.entries(switches).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as ChannelSwitches;
}

/** Null: none. */
function zoneOption(call: CommandCall): string | null | undefined {
  const name = textOption(call, 'time-zone');
  if (name === undefined || name === 'none') return name && null;
  if (isTimeZone(name)) return name;
  throw new CommandFailed(`unknown time zone "${name}": ${suggestZone(name)}`, 2);
}

/** A value of a switch, for people. */
export const switchText = (value: unknown): string => {
  if (typeof value === 'boolean') return onOff(value);
  if (Array.isArray(value)) return value.join(' ') || 'none';
  return String(value ?? 'none');
};

const defaults: Readonly<Record<string, string>> = {
  auto_create_conversation: 'off',
  require_user_identity: 'on',
  unknown_attribute: 'record',
  strict_version: 'off',
  buttons: 'on',
  time_zone: 'none',
  allowed_origins: 'none',
};

/** The switches that differ from the defaults: `strict_version on, buttons off`. */
export function switchWords(channel: Channel): string {
  const { enabled: _, ...switches } = switchJson(channel);
  const changed = Object.entries(switches)
    .map(([name, value]) => [name, switchText(value)] as const)
    .filter(([name, text]) => text !== defaults[name]);
  return changed.map(([name, text]) => `${name} ${text}`).join(', ') || 'default';
}

export const switchJson = (channel: Channel) => ({
  enabled: channel.isEnabled,
  auto_create_conversation: channel.autoCreateConversation,
  require_user_identity: channel.requireUserIdentity,
  unknown_attribute: channel.unknownAttribute,
  strict_version: channel.strictVersion,
  buttons: channel.hasButtons,
  time_zone: channel.timeZone,
  allowed_origins: channel.allowedOrigins,
});
