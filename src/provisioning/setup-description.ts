// Describes the keys of parley.yaml: the source of docs/parley-yaml.md and docs/parley.schema.json. A test checks that
// the reader (read-setup-file.ts) accepts exactly these keys.

import { limits } from '../base/limits.ts';
import { showDuration } from '../base/text-files/duration.ts';
import type { AgedKind } from '../core/model/retention.ts';
import { roles } from '../core/model/rights.ts';
import { type Described, flag, type Keys, listOf, mapping, text } from './describe-keys.ts';
import { CALLBACK_TIMEOUT_MS } from './read-callback.ts';
import { ageLimits } from './read-retention.ts';
import { dataTypes } from './read-setup-file.ts';
import { setupLimits } from './setup-limits.ts';

const { nameCharacters, pathCharacters } = setupLimits;
const required = { isRequired: true } as const;
const email = { kind: 'text', charactersMax: limits.emailCharactersMax } as const;

const keptFor = (
  kind: AgedKind,
  about: string,
  usual: Described['usual'] = 'for ever',
): Described => {
  const [minMs, maxMs] = ageLimits[kind];
  return { kind: 'duration', minMs, maxMs, about, usual };
};

const retention: Keys = {
  conversations: keptFor(
    'conversations',
    'Closed conversations without a change, with their messages, files and events; not while something waits in them.',
  ),
  events: keptFor('events', 'Outbound events that were delivered, with their attempts.'),
  attempts: keptFor('attempts', 'Delivery attempts of such events.', 'as long as the event'),
  traces: keptFor('traces', 'Records of what workflows did; `parley replay` needs them.'),
  event_ids: keptFor('event_ids', 'Ids of the app’s events; a repeat takes effect again later.'),
  idempotency_keys: keptFor(
    'idempotency_keys',
    'Keys of repeatable requests, and their responses.',
    showDuration(limits.idempotencyKeptMs),
  ),
};

const admin: Keys = {
  email: text(limits.emailCharactersMax, 'The e-mail address that identifies the admin.', required),
  name: text(nameCharacters, 'The name that contacts see.', {
    usual: 'unchanged; the address for a new admin',
    isNeverEmpty: true,
  }),
  job_title: text(nameCharacters, 'The job title.', { usual: 'unchanged' }),
  role: {
    kind: 'choice',
    values: roles,
    about: 'What the admin, and tokens that act for them, may do. A workspace keeps an owner.',
    usual: 'unchanged; teammate for a new admin, owner for the first',
  },
};

const team: Keys = {
  name: text(nameCharacters, 'The name that identifies the team in workflows.', required),
  members: listOf(
    setupLimits.teamMembers,
    email,
    'The e-mail addresses of all its members, who must be admins.',
    'unchanged',
  ),
};

const dataAttribute: Keys = {
  name: text(
    limits.idCharactersMax,
    'The name that identifies it in events and workflows.',
    required,
  ),
  type: {
    kind: 'choice',
    values: dataTypes,
    about: 'The type of its values; it cannot be changed later.',
    ...required,
  },
  model: {
    kind: 'choice',
    values: ['contact', 'conversation'],
    about: 'Whether contacts or conversations have it.',
    usual: 'conversation',
  },
  options: listOf(
    setupLimits.attributeOptions,
    { kind: 'text', charactersMax: limits.nameCharactersMax },
    'The values that it can have; required with `type: options`, not allowed otherwise.',
  ),
  label: text(limits.nameCharactersMax, 'The name that people see.', {
    usual: 'unchanged',
  }),
  description: text(setupLimits.descriptionCharacters, 'Its purpose.', { usual: 'unchanged' }),
};

const token: Keys = {
  header: text(setupLimits.headerNameCharacters, 'The name of the header.', required),
  value: text(
    setupLimits.secretCharacters,
    'The value of the header; use `${env:NAME}`.',
    required,
  ),
};

const callback: Keys = {
  url: text(setupLimits.urlCharacters, 'The URL that receives events: http:// or https://.', {
    usual: 'none: the app reads events by polling or stream',
  }),
  format: {
    kind: 'choice',
    values: ['parley', 'intercom'],
    about: 'The format of events: Parley’s, or notifications like those of Intercom’s webhooks.',
    usual: 'parley',
  },
  timeout: {
    kind: 'duration',
    minMs: setupLimits.callbackTimeoutMinMs,
    maxMs: setupLimits.callbackTimeoutMaxMs,
    about: 'The time limit of a response.',
    usual: showDuration(CALLBACK_TIMEOUT_MS),
  },
  retries: listOf(
    setupLimits.retries,
    {
      kind: 'duration',
      minMs: setupLimits.retryDelayMinMs,
      maxMs: setupLimits.retryDelayMaxMs,
    },
    'Pauses before each retry; after the last one the event is a dead letter.',
    'the schedule in docs/events.md',
  ),
  allow_cidrs: listOf(
    setupLimits.allowedRanges,
    { kind: 'text', charactersMax: setupLimits.rangeCharacters },
    'Private address ranges that may be called, such as 10.0.0.0/8.',
    'none',
  ),
  token: {
    ...mapping(token),
    about: 'A header with a secret, sent with every event.',
    usual: 'none',
  },
};

const channel: Keys = {
  name: text(nameCharacters, 'The name of the channel, usually of its app.', required),
  enabled: flag('Whether the channel accepts events.', true),
  auto_create_conversation: flag('Whether an event of an unknown conversation creates it.', false),
  require_user_identity: flag('Whether a new user needs a name and an e-mail.', true),
  unknown_attribute: {
    kind: 'choice',
    values: ['record', 'reject'],
    about: 'Whether to store or to reject an attribute that is not defined.',
    usual: 'record',
  },
  strict_version: flag('Whether API versions before 2.14 are rejected.', false),
  buttons: flag('Whether the app shows buttons; otherwise questions list numbered lines.', true),
  time_zone: text(nameCharacters, 'The IANA time zone of times in texts and of waits.', {
    usual: 'UTC',
  }),
  allowed_origins: listOf(
    setupLimits.allowedOrigins,
    { kind: 'text', charactersMax: setupLimits.originCharacters },
    'Origins of web pages that may poll and stream its events.',
    'none',
  ),
  callback: {
    ...mapping(callback),
    about:
      'How the app receives events. It is replaced as a whole: absent keys get their defaults.',
    usual: 'unchanged',
  },
};

export const setupDescription: Keys = {
  workspace: text(nameCharacters, 'The workspace that the file describes.', {
    usual: 'default',
    isNeverEmpty: true,
  }),
  retention: {
    ...mapping(retention),
    about:
      'How long what is kept: docs/personal-data.md. Replaced as a whole; what is absent is kept for ever.',
    usual: 'unchanged',
  },
  admins: listOf(setupLimits.admins, mapping(admin), 'Teammates; none is removed.'),
  teams: listOf(setupLimits.teams, mapping(team), 'Teams to which conversations can be assigned.'),
  tags: listOf(
    setupLimits.tags,
    { kind: 'text', charactersMax: nameCharacters },
    'Tags; names are compared without case.',
  ),
  data_attributes: listOf(
    setupLimits.dataAttributes,
    mapping(dataAttribute),
    'Attributes of contacts and conversations.',
  ),
  channels: listOf(setupLimits.channels, mapping(channel), 'Channels, one for each app.'),
  secrets: {
    kind: 'names',
    countMax: setupLimits.secrets,
    namePattern: '^[A-Za-z][A-Za-z0-9_-]{0,63}$',
    entry: { kind: 'text', charactersMax: setupLimits.secretCharacters },
    about: 'Secrets for webhook steps, stored sealed; unlisted ones are removed.',
    usual: 'unchanged',
  },
  workflows: listOf(
    setupLimits.workflows,
    { kind: 'text', charactersMax: pathCharacters },
    'Workflow files in this folder or below it, in the order of their triggers; unlisted workflows are switched off.',
    'unchanged',
  ),
};
