// Reads the name of a time zone in a file.

import type { FieldReader } from '../../../base/text-files/field-reader.ts';
import { isTimeZone, suggestZone } from '../time-zone.ts';

const NAME_CHARACTERS_MAX = 100;

/** Reads an IANA name; undefined if it is missing or does not exist. */
export function readZone(fields: FieldReader, key: string): string | undefined {
  const name = fields.text(key, { charactersMax: NAME_CHARACTERS_MAX });
  if (name === undefined || isTimeZone(name)) return name;
  fields.fault([key], `is no time zone: "${name}"`, suggestZone(name));
  return undefined;
}
