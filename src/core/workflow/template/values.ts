// The facts for templates: the same names and values, but with readable times. Conditions use the facts themselves.

import type { DataAttribute, Json } from '../../model/model.ts';
import type { Facts } from '../run/facts.ts';
import { isTimeZone } from '../time-zone.ts';
import { type TimeForm, type TimeKind, TimeValue } from './time-value.ts';

/** Values by name; times among them are TimeValues. */
export type TemplateValues = { readonly [name: string]: unknown };

type Values = { readonly [name: string]: Json };

/** The facts of a contact and a conversation that are times. */
const timeFields = {
  contact: ['signed_up_at', 'last_replied_at', 'created_at', 'updated_at'],
  conversation: [
    ...['waiting_since', 'snoozed_until', 'first_contact_reply_at', 'last_contact_reply_at'],
    ...['created_at', 'updated_at'],
  ],
} as const;

/**
 * Creates the values that a template can read.
 * @param dataAttributes the workspace's definitions, which tell which attributes are times.
 */
export function templateValues(
  facts: Facts,
  dataAttributes: readonly DataAttribute[],
  form: TimeForm,
): TemplateValues {
  const zone = zoneOf(facts);
  const times = timesAmong(dataAttributes);
  const read = (value: Json | undefined, kind: TimeKind): unknown =>
    typeof value === 'number' ? new TimeValue(value, kind, form, zone) : value;
  const attributesOf = (model: 'contact' | 'conversation'): TemplateValues => {
    const values = facts[model]['custom_attributes'] as Values;
    return withTimes(values, times[model], read);
  };
  const describe = (model: 'contact' | 'conversation', attributes: TemplateValues) => {
    const fields = timeFields[model].map((name) => [name, read(facts[model][name], 'moment')]);
    return {
      ...facts[model],
      ...Object.fromEntries(fields),
      custom_attributes: attributes,
    } satisfies TemplateValues;
  };
  const ofContact = attributesOf('contact');
  const ofConversation = attributesOf('conversation');
  return {
    ...facts,
    contact: describe('contact', ofContact),
    conversation: describe('conversation', ofConversation),
    attributes: { ...ofContact, ...ofConversation },
    now: read(facts.now, 'moment'),
  };
}

/** Returns the zone of the channel; null if it has none. */
export function zoneOf(facts: { readonly [name: string]: unknown }): string | null {
  const { channel } = facts;
  if (typeof channel !== 'object' || channel === null || !('time_zone' in channel)) return null;
  const { time_zone: zone } = channel;
  // It was checked when it was set, but another Node may know other names.
  return typeof zone === 'string' && isTimeZone(zone) ? zone : null;
}

type Times = Readonly<Record<DataAttribute['model'], ReadonlyMap<string, TimeKind>>>;

const known = new WeakMap<readonly DataAttribute[], Times>();

/** Finds the attributes that are times, once for the definitions of a workspace. */
function timesAmong(dataAttributes: readonly DataAttribute[]): Times {
  const found = known.get(dataAttributes);
  if (found !== undefined) return found;
  const timesOf = (wanted: DataAttribute['model']): ReadonlyMap<string, TimeKind> =>
    new Map(
      dataAttributes.flatMap(({ model, name, dataType }) => {
        if (model !== wanted || (dataType !== 'date' && dataType !== 'datetime')) return [];
        return [[name, dataType === 'date' ? 'day' : 'moment']];
      }),
    );
  const times = { contact: timesOf('contact'), conversation: timesOf('conversation') };
  known.set(dataAttributes, times);
  return times;
}

function withTimes(
  values: Values,
  times: ReadonlyMap<string, TimeKind>,
  read: (value: Json | undefined, kind: TimeKind) => unknown,
): TemplateValues {
  if (times.size === 0) return values;
  // fromEntries defines own properties, so that no name means anything special.
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      const kind = times.get(name);
      return [name, kind === undefined ? value : read(value, kind)];
    }),
  );
}
