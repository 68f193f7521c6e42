// Reads the switches of a channel, from parley.yaml or from a request.

import type { FieldReader } from '../base/text-files/field-reader.ts';
import type { Channel } from '../core/model/model.ts';
import { readZone } from '../core/workflow/parse/zone-reader.ts';
import { readOrigins } from './read-origins.ts';

export type WantedSwitches = {
  readonly isEnabled: boolean | undefined;
  readonly autoCreateConversation: boolean | undefined;
  readonly requireUserIdentity: boolean | undefined;
  readonly unknownAttribute: 'record' | 'reject' | undefined;
  readonly strictVersion: boolean | undefined;
  readonly hasButtons: boolean | undefined;
  /** Null: none. */
  readonly timeZone: string | null | undefined;
  readonly allowedOrigins: readonly string[] | undefined;
};

/** Reads the switches that are given. */
export const readSwitches = (fields: FieldReader): WantedSwitches => ({
  isEnabled: fields.flag('enabled'),
  autoCreateConversation: fields.flag('auto_create_conversation'),
  requireUserIdentity: fields.flag('require_user_identity'),
  unknownAttribute: fields.choice('unknown_attribute', ['record', 'reject']),
  strictVersion: fields.flag('strict_version'),
  hasButtons: fields.flag('buttons'),
  timeZone: fields.has('time_zone') ? (readZone(fields, 'time_zone') ?? null) : undefined,
  allowedOrigins: readOrigins(fields, 'allowed_origins'),
});

/** Selects the switches that are given. */
export const givenSwitches = (switches: WantedSwitches): Partial<Channel> =>
  Object.fromEntries(Object.entries(switches).filter(([, value]) => value !== undefined));
