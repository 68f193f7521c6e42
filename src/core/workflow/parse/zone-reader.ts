// Reads the name of a time zone, for whatever has one in a file.

import type { FieldReader } from '../../../base/text-files/field-reader.ts';
import { isTimeZone, suggestZone } from '../time-zone.ts';

const NAME_CHARACTERS_MAX = 100;

/** An IANA name; undefined if none is given, or none that exists. */
export function readZone(fields: FieldReader, key: string): string | undefined {
  const name = fields.text(key, { charactersMax: NAME_CHARACTERS_MAX });
  if (name === undefined || isTimeZone(name)) return name;
  fields.fault([key], `is no time zone: "${name}"`, suggestZone(name));
  return undefined;
}
