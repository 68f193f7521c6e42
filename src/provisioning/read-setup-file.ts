// Reads parley.yaml into the wanted setup and reports all faults at once. Pure: the file is parsed and its variables
// are filled in; the apply checks whether the names exist.

import { limits } from '../base/limits.ts';
import {
  FieldReader,
  isEmptyList,
  type Path,
  type Report,
} from '../base/text-files/field-reader.ts';
import { isEmailAddress } from '../contract/text.ts';
import type { DataAttribute, DataType } from '../core/model/model.ts';
import type { RetentionAges } from '../core/model/retention.ts';
import { type Role, roles } from '../core/model/rights.ts';
import { meantKey } from '../core/workflow/parse/synonyms.ts';
import { type CallbackSettings, readCallback } from './read-callback.ts';
import { readRetention } from './read-retention.ts';
import { readSecretValues, type WantedSecret } from './read-secret-values.ts';
import { readSwitches, type WantedSwitches } from './read-switches.ts';
import { setupLimits } from './setup-limits.ts';

/** An entry of the file, with its path. */
type Placed = { readonly at: Path };

export type WantedAdmin = Placed & {
  readonly email: string;
  readonly name: string | undefined;
  readonly jobTitle: string | undefined;
  readonly role: Role | undefined;
};

export type WantedTeam = Placed & {
  readonly name: string;
  /** E-mails; undefined: the members stay unchanged. */
  readonly members: readonly string[] | undefined;
};

export type WantedTag = Placed & { readonly name: string };

export type WantedAttribute = Placed & {
  readonly model: DataAttribute['model'];
  readonly name: string;
  readonly dataType: DataType;
  readonly options: readonly string[] | undefined;
  readonly label: string | undefined;
  readonly description: string | undefined;
};

export type WantedChannel = Placed & {
  readonly name: string;
  readonly switches: WantedSwitches;
  /** Undefined: it stays unchanged. */
  readonly callback: CallbackSettings | undefined;
};

/** The content of parley.yaml. What it does not mention stays unchanged. */
export type SetupFile = {
  readonly workspace: string;
  /** Undefined: it stays unchanged. */
  readonly retention: RetentionAges | undefined;
  readonly admins: readonly WantedAdmin[];
  readonly teams: readonly WantedTeam[];
  readonly tags: readonly WantedTag[];
  readonly dataAttributes: readonly WantedAttribute[];
  readonly channels: readonly WantedChannel[];
  /** Undefined: secrets stay unchanged. */
  readonly secrets: readonly WantedSecret[] | undefined;
  /** Paths as written; undefined: workflows stay unchanged. */
  readonly workflows: readonly (Placed & { readonly file: string })[] | undefined;
};

export const dataTypes = [
  'string',
  'integer',
  'float',
  'boolean',
  'date',
  'datetime',
  'options',
] as const;

/** Reads the file. The result is usable only if no fault was reported. */
export function readSetupFile(source: unknown, report: Report): SetupFile {
  const fields = new FieldReader(source, [], report, meantKey);
  const workspace = fields.has('workspace') ? readName(fields, 'workspace') : 'default';
  const setup: SetupFile = {
    workspace,
    retention: fields.has('retention') ? readRetention(fields) : undefined,
    admins: readList(
      fields,
      'admins',
      setupLimits.admins,
      (one) => one.email.toLowerCase(),
      readAdmin,
    ),
    teams: readList(fields, 'teams', setupLimits.teams, ({ name }) => name, readTeam),
    tags: readTags(fields),
    dataAttributes: readList(
      fields,
      'data_attributes',
      setupLimits.dataAttributes,
      identify,
      readAttribute,
    ),
    channels: readList(fields, 'channels', setupLimits.channels, ({ name }) => name, readChannel),
    secrets: readSecretValues(fields),
    workflows: fields
      .texts('workflows', setupLimits.pathCharacters, { countMax: setupLimits.workflows })
      ?.map((file, index) => ({ file, at: ['workflows', index] })),
  };
  fields.reportUnknownKeys();
  return setup;
}

const identify = ({ model, name }: WantedAttribute): string => `${model}.${name}`;

/** Reads a list of mappings without duplicates. */
function readList<Entry extends Placed>(
  fields: FieldReader,
  key: string,
  countMax: number,
  identify: (entry: Entry) => string,
  read: (entry: FieldReader) => Entry,
): readonly Entry[] {
  const seen = new Set<string>();
  return (fields.list(key, { countMax }) ?? []).map((source, index) => {
    const reader = fields.below([key, index], source);
    const entry = read(reader);
    reader.reportUnknownKeys();
    const name = identify(entry);
    if (name !== '' && seen.has(name)) {
      reader.fault([], `repeats "${name}"`, 'remove one of the two');
    }
    seen.add(name);
    return entry;
  });
}

/** Reads a name, which must be one line. */
function readName(
  fields: FieldReader,
  key: string,
  charactersMax: number = setupLimits.nameCharacters,
): string {
  const name = fields.text(key, { charactersMax, isRequired: true }) ?? '';
  if (/[\p{Cc}\u2028\u2029]/u.test(name) || name.trim() !== name) {
    fields.fault([key], 'is not a valid name', 'write it in one line, without spaces around it');
  }
  return name;
}

function readAdmin(fields: FieldReader): WantedAdmin {
  const rules = { charactersMax: limits.emailCharactersMax, isRequired: true };
  const email = fields.text('email', rules) ?? '';
  if (email !== '' && !isEmailAddress(email)) {
    fields.fault(
      ['email'],
      `is not an e-mail address: "${email}"`,
      'write one such as jane@acme.example',
    );
  }
  return {
    at: fields.path,
    email,
    name: fields.has('name') ? readName(fields, 'name') : undefined,
    jobTitle: fields.text('job_title', { charactersMax: setupLimits.nameCharacters }),
    role: fields.choice('role', roles),
  };
}

const readTeam = (fields: FieldReader): WantedTeam => ({
  at: fields.path,
  name: readName(fields, 'name'),
  members: fields.texts('members', limits.emailCharactersMax, {
    countMax: setupLimits.teamMembers,
  }),
});

function readTags(fields: FieldReader): readonly WantedTag[] {
  const seen = new Set<string>();
  return (
    fields.texts('tags', setupLimits.nameCharacters, { countMax: setupLimits.tags }) ?? []
  ).map((name, index) => {
    if (seen.has(name.toLowerCase())) {
      fields.fault(['tags', index], `repeats "${name}"`, 'remove one of the two');
    }
    seen.add(name.toLowerCase());
    return { name, at: ['tags', index] };
  });
}

function readAttribute(fields: FieldReader): WantedAttribute {
  const dataType = fields.choice('type', dataTypes, true) ?? 'string';
  const countRules = { countMax: setupLimits.attributeOptions };
  const options = fields.texts('options', limits.nameCharactersMax, countRules);
  const isListed = fields.value('options') !== undefined && !isEmptyList(fields.value('options'));
  if (dataType === 'options' && !isListed) {
    fields.fault(['options'], 'is missing', 'list the values that the attribute can have');
  } else if (dataType !== 'options' && options !== undefined) {
    fields.fault(['options'], `is not allowed with the type ${dataType}`, 'write `type: options`');
  } else if (new Set(options).size !== (options ?? []).length) {
    fields.fault(['options'], 'repeats a value', 'remove one of the two');
  }
  return {
    at: fields.path,
    model: fields.choice('model', ['contact', 'conversation']) ?? 'conversation',
    name: readName(fields, 'name', limits.idCharactersMax),
    dataType,
    options,
    label: fields.text('label', { charactersMax: limits.nameCharactersMax }),
    description: fields.text('description', { charactersMax: setupLimits.descriptionCharacters }),
  };
}

const readChannel = (fields: FieldReader): WantedChannel => ({
  at: fields.path,
  name: readName(fields, 'name'),
  switches: readSwitches(fields),
  callback: fields.has('callback') ? readCallback(fields) : undefined,
});
