// The switches of a channel as options of a command line: read, listed, and shown.

import type { PresentedSwitches } from '../../core/presenters/channel.ts';
import { isTimeZone, suggestZone } from '../../core/workflow/time-zone.ts';
import type { PresentedChannel, SwitchesBody } from '../../management/channels.ts';
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

/** The switches that the call names, as an operation takes them. */
export function readSwitches(call: CommandCall): SwitchesBody {
  const { enabled, disabled } = call.options;
  if (enabled && disabled) throw new CommandFailed('give --enabled or --disabled, not both', 2);
  const switches = {
    enabled: enabled || disabled ? enabled === true : undefined,
    auto_create_conversation: switchOption(call, 'auto-create-conversation'),
    require_user_identity: switchOption(call, 'require-user-identity'),
    unknown_attribute: choiceOption(call, 'unknown-attribute', ['record', 'reject']),
    strict_version: switchOption(call, 'strict-version'),
    buttons: switchOption(call, 'buttons'),
    time_zone: zoneOption(call),
  };
  const given = Object.entries(switches).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as SwitchesBody;
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
export function switchWords(channel: PresentedChannel): string {
  const { enabled: _, ...switches } = switchesOf(channel);
  const changed = Object.entries(switches)
    .map(([name, value]) => [name, switchText(value)] as const)
    .filter(([name, text]) => text !== defaults[name]);
  return changed.map(([name, text]) => `${name} ${text}`).join(', ') || 'default';
}

/** The switches of a channel alone. */
export const switchesOf = (channel: PresentedChannel): PresentedSwitches => ({
  enabled: channel.enabled,
  auto_create_conversation: channel.auto_create_conversation,
  require_user_identity: channel.require_user_identity,
  unknown_attribute: channel.unknown_attribute,
  strict_version: channel.strict_version,
  buttons: channel.buttons,
  time_zone: channel.time_zone,
  allowed_origins: channel.allowed_origins,
});
