// Describes the keys of a parley.yaml: the source of docs/parley-yaml.md and docs/parley.schema.json. A test compares
// it with the reader (read-setup-file.ts), which takes these keys and no other.

import { limits } from '../base/limits.ts';
import { showDuration } from '../base/text-files/duration.ts';
import { flag, type Keys, listOf, mapping, text } from './describe-keys.ts';
import { CALLBACK_TIMEOUT_MS } from './read-callback.ts';
import { dataTypes } from './read-setup-file.ts';
import { setupLimits } from './setup-limits.ts';

const { nameCharacters, pathCharacters } = setupLimits;
const required = { isRequired: true } as const;
const email = { kind: 'text', charactersMax: limits.emailCharactersMax } as const;

const admin: Keys = {
  email: text(limits.emailCharactersMax, 'The address by which the admin is known.', required),
  name: text(nameCharacters, 'The name that contacts see.', {
    usual: 'as it is; the address for a new admin',
    isNeverEmpty: true,
  }),
  job_title: text(nameCharacters, 'What the admin does.', { usual: 'as it is' }),
};

const team: Keys = {
  name: text(nameCharacters, 'The name by which workflows know the team.', required),
  members: listOf(
    setupLimits.teamMembers,
    email,
    'The addresses of its members, exactly these; each is an admin.',
    'as they are',
  ),
};

const dataAttribute: Keys = {
  name: text(limits.idCharactersMax, 'The name by which apps and workflows know it.', required),
  type: {
    kind: 'choice',
    values: dataTypes,
    about: 'What values it takes; one that exists keeps its type.',
    ...required,
  },
  model: {
    kind: 'choice',
    values: ['contact', 'conversation'],
    about: 'Whether it belongs to contacts or to conversations.',
    usual: 'conversation',
  },
  options: listOf(
    setupLimits.attributeOptions,
    { kind: 'text', charactersMax: limits.nameCharactersMax },
    'The values that it can have: with `type: options`, and only then.',
  ),
  label: text(limits.nameCharactersMax, 'What people read instead of the name.', {
    usual: 'as it is',
  }),
  description: text(setupLimits.descriptionCharacters, 'What it is for.', { usual: 'as it is' }),
};

const token: Keys = {
  header: text(setupLimits.headerNameCharacters, 'The name of the header.', required),
  value: text(setupLimits.secretCharacters, 'What it holds: best `${env:NAME}`.', required),
};

const callback: Keys = {
  url: text(setupLimits.urlCharacters, 'Where events are sent: http:// or https://.', {
    usual: 'none: events are kept for polling and streaming',
  }),
  format: {
    kind: 'choice',
    values: ['parley', 'intercom'],
    about: 'Events of Parley, or notifications in the format of Intercom’s webhooks.',
    usual: 'parley',
  },
  timeout: {
    kind: 'duration',
    minMs: setupLimits.callbackTimeoutMinMs,
    maxMs: setupLimits.callbackTimeoutMaxMs,
    about: 'How long the app may take to answer.',
    usual: showDuration(CALLBACK_TIMEOUT_MS),
  },
  retries: listOf(
    setupLimits.retries,
    {
      kind: 'duration',
      minMs: setupLimits.retryDelayMinMs,
      maxMs: setupLimits.retryDelayMaxMs,
    },
    'How long to wait before each further try; after the last the event is a dead letter.',
    'the schedule in docs/events.md',
  ),
  allow_cidrs: listOf(
    setupLimits.allowedRanges,
    { kind: 'text', charactersMax: setupLimits.rangeCharacters },
    'Private ranges of addresses that may be called, such as 10.0.0.0/8.',
    'none',
  ),
  token: {
    ...mapping(token),
    about: 'A header with a secret that is sent with every event.',
    usual: 'none',
  },
};

const channel: Keys = {
  name: text(nameCharacters, 'The name of the app behind it.', required),
  enabled: flag('Whether it takes requests.', true),
  auto_create_conversation: flag('Whether a message of an unknown conversation begins one.', false),
  require_user_identity: flag(
    'Whether a user that is not known yet needs a name and an e-mail.',
    true,
  ),
  unknown_attribute: {
    kind: 'choice',
    values: ['record', 'reject'],
    about: 'What becomes of an attribute that is not defined.',
    usual: 'record',
  },
  strict_version: flag('Whether published versions of the API before 2.14 are refused.', false),
  buttons: flag('Whether the app shows buttons; else they are numbered lines.', true),
  time_zone: text(nameCharacters, 'The zone of times in texts, an IANA name.', { usual: 'UTC' }),
  allowed_origins: listOf(
    setupLimits.allowedOrigins,
    { kind: 'text', charactersMax: setupLimits.originCharacters },
    'Web pages that may poll and stream its events, as browsers write origins.',
    'none',
  ),
  callback: {
    ...mapping(callback),
    about: 'How the app is told of events, as a whole: what is not written has its default.',
    usual: 'as it is',
  },
};

export const setupDescription: Keys = {
  workspace: text(nameCharacters, 'The workspace that is brought to what the file says.', {
    usual: 'default',
    isNeverEmpty: true,
  }),
  admins: listOf(setupLimits.admins, mapping(admin), 'The people who answer; none is removed.'),
  teams: listOf(setupLimits.teams, mapping(team), 'Teams that conversations are assigned to.'),
  tags: listOf(
    setupLimits.tags,
    { kind: 'text', charactersMax: nameCharacters },
    'Tags; upper and lower case make no difference.',
  ),
  data_attributes: listOf(
    setupLimits.dataAttributes,
    mapping(dataAttribute),
    'Attributes of contacts and conversations.',
  ),
  channels: listOf(setupLimits.channels, mapping(channel), 'One for each app.'),
  secrets: {
    kind: 'names',
    countMax: setupLimits.secrets,
    namePattern: '^[A-Za-z][A-Za-z0-9_-]{0,63}$',
    entry: { kind: 'text', charactersMax: setupLimits.secretCharacters },
    about: 'Secrets for webhook steps, kept sealed; those that are not listed are removed.',
    usual: 'as they are',
  },
  workflows: listOf(
    setupLimits.workflows,
    { kind: 'text', charactersMax: pathCharacters },
    'Workflow files in this folder or below it, in the order in which they are tried; others are switched off.',
    'as they are',
  ),
};
