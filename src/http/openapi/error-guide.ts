// Explains each API error to a developer: when it occurs, what to do, and the values of its example. Source of the
// OpenAPI document, the reference page and docs/errors.md. Codes and messages are in contract/errors.ts.

import type { ErrorName } from '../../contract/errors.ts';
import { managementErrorGuide } from './management-error-guide.ts';

export type ErrorGuide = {
  readonly when: string;
  readonly remedy: string;
  /** `field` of the example. */
  readonly field?: string;
  /** Message of the example, where responses carry a more exact one than the catalogue's. */
  readonly message?: string;
};

const repeat =
  'Retry after `Retry-After`; an `event_id` or `Idempotency-Key` makes that safe. Without either, first check whether the change was made.';

export const errorGuide: Readonly<Record<ErrorName, ErrorGuide>> = {
  ...managementErrorGuide,
  accessTokenInvalid: {
    when: 'The `Authorization` header has no Bearer token, or the token is unknown or revoked.',
    remedy: 'Send `Authorization: Bearer <token>`; `parley token create` creates a token.',
  },
  rightMissing: {
    when: 'The token lacks the scope of the endpoint, or its teammate the role.',
    remedy:
      'Use another token: `parley token create --scope …`. docs/routes.md lists what each endpoint needs.',
    message: 'The token lacks the scope "write"',
  },
  signInNeeded: {
    when: 'Only in the web app: the cookie has no session, or one that has ended.',
    remedy: 'Sign in. Programs use the endpoints with tokens.',
  },
  signInFailed: {
    when: 'Only in the web app: no teammate has this e-mail and this password.',
    remedy: 'Try again; `parley admin reset` makes a link for a new password.',
  },
  signInsTooMany: {
    when: 'Only in the web app: within 15 minutes, 5 sign-ins of one account or 20 from one address failed.',
    remedy: 'Wait `Retry-After` seconds.',
  },
  requestFromElsewhere: {
    when: 'Only in the web app: the browser says that a page of another site sent the request.',
    remedy: 'Use the pages of Parley. Behind a proxy that changes `Host`, set `PARLEY_PUBLIC_URL`.',
  },
  hostUnknown: {
    when: 'Only in the web app: the server listens on a loopback address, and `Host` names something else.',
    remedy:
      'Open it as `localhost`, or set `PARLEY_PUBLIC_URL` to the address of the proxy before it.',
  },
  signInTooOld: {
    when: 'Only in the web app: the change is sensitive, and the sign-in is more than 12 hours old.',
    remedy: 'Sign in again.',
  },
  linkInvalid: {
    when: 'Only in the web app: the one-time link was used, replaced, or is too old.',
    remedy: '`parley admin invite` or `parley admin reset` makes a new one.',
    field: 'code',
  },
  passwordWeak: {
    when: 'Only in the web app: the password has too little variety.',
    remedy: 'Choose a longer one; a password manager makes good ones.',
    field: 'password',
  },
  teammateExists: {
    when: 'Only in the web app: the e-mail belongs to a teammate who has an account.',
    remedy: 'Use another e-mail, or make a link with `parley admin reset`.',
    field: 'email',
  },
  draftChanged: {
    when: 'Only in the web app: `version` is not that of the stored draft.',
    remedy: 'Read the conversation again and show both texts.',
    field: 'version',
  },
  conversationMoved: {
    when: 'Only in the web app: another teammate acted in the conversation after the position that was seen.',
    remedy: 'Read the new parts; send again with `force` to answer anyway.',
    field: 'seen_position',
  },
  routeNotFound: {
    when: 'No such path, or the path does not support this method.',
    remedy: 'Check the method and the path.',
  },
  endpointNotServed: {
    when: "The vendor's API has this endpoint; Parley does not serve it.",
    remedy: '`/docs` lists the endpoints that Parley serves.',
    message: 'Parley does not serve GET /articles yet',
  },
  versionUnknown: {
    when: 'The `Intercom-Version` header names an unknown version.',
    remedy: 'Send `2.14`, or omit the header.',
    field: 'Intercom-Version',
  },
  versionTooOld: {
    when: 'The version is older than 2.14 and `strict_version` is on for the channel.',
    remedy: 'Send `2.14`, or omit the header.',
    field: 'Intercom-Version',
  },
  rateLimitExceeded: {
    when: 'The token made more requests within 10 seconds than the rate limit allows.',
    remedy: 'Wait `Retry-After` seconds, or raise `PARLEY_RATE_LIMIT`.',
    message: 'Exceeded rate limit of 100000 in 10_seconds',
  },
  acceptExcludesJson: {
    when: 'The `Accept` header excludes `application/json`.',
    remedy: 'Send `application/json` or `*/*`, or omit the header.',
  },
  contentTypeNotJson: {
    when: 'The `Content-Type` of the body is not JSON in UTF-8, or the body is compressed.',
    remedy: 'Send `Content-Type: application/json`.',
  },
  bodyTooLarge: {
    when: 'The body is larger than `PARLEY_BODY_LIMIT`, 1 MiB by default. The connection is closed.',
    remedy: 'Send a smaller body, or raise the limit.',
  },
  headersTooLarge: {
    when: 'The request line and headers exceed 16 KiB. The connection is closed.',
    remedy: 'Send shorter headers.',
  },
  expectationFailed: {
    when: 'The `Expect` header is not `100-continue`.',
    remedy: 'Omit the header.',
  },
  requestMalformed: {
    when: 'The request is not well-formed HTTP/1.1, or its length does not match its headers.',
    remedy: 'Check the client and any proxy in between.',
  },
  requestTimeout: {
    when: 'The request did not arrive completely within 30 seconds. The connection is closed.',
    remedy: 'Retry; the `event_id` makes that safe.',
  },
  jsonInvalid: {
    when: 'The body is empty, not JSON, or not valid UTF-8.',
    remedy: 'Send a JSON object in UTF-8.',
  },
  parameterRequired: {
    when: 'A required field is missing, null, empty, or only whitespace.',
    remedy: 'Send a value for the field that `field` names.',
    field: 'contact.external_id',
    message: 'contact.external_id is required',
  },
  parameterInvalid: {
    when: 'A value is not one of those allowed, too long, not an e-mail address, or an id with control characters.',
    remedy: 'Correct the field that `field` names.',
    field: 'contact.type',
    message: 'contact.type must be one of: user, lead',
  },
  typeMismatch: {
    when: 'A value does not have the JSON type of the schema. Ids may be strings or integers.',
    remedy: 'Correct the field that `field` names.',
    field: 'contact',
    message: 'contact must be object',
  },
  eventReused: {
    when: 'The `event_id` was already used with different content or at another endpoint.',
    remedy: 'Use a unique `event_id` for each event; retry an event unchanged.',
    field: 'event_id',
  },
  idempotencyKeyInvalid: {
    when: 'The `Idempotency-Key` header is empty, too long, repeated, or has spaces or characters that are not ASCII.',
    remedy: 'Send a UUID, for example, or omit the header.',
    field: 'Idempotency-Key',
  },
  idempotencyKeyReused: {
    when: 'The `Idempotency-Key` came with another request before: another method, path, query or body.',
    remedy: 'Create a key for each request, and send it again only with the same request.',
    field: 'Idempotency-Key',
  },
  integrationNotFound: {
    when: 'The channel of this token is disabled.',
    remedy: 'Enable the channel.',
  },
  contactNotCreatable: {
    when: 'A new user, or a lead that becomes a user, lacks a name or an e-mail.',
    remedy: 'Send both, or turn `require_user_identity` off for the channel.',
    field: 'contact.email',
  },
  contactConflict: {
    when: 'A contact already has the external id, or a user the e-mail. Archived contacts count.',
    remedy: 'Update the contact whose id the message names.',
  },
  contactBlocked: {
    when: 'The contact is blocked.',
    remedy: 'None for the app: a teammate blocked this contact.',
    field: 'contact.external_id',
  },
  conversationOfAnotherContact: {
    when: 'The `external_conversation_id` belongs to a conversation of another contact.',
    remedy: 'Send the contact of the conversation, or a new conversation id.',
    field: 'contact.external_id',
  },
  conversationNotMapped: {
    when: 'The channel has no conversation with this `external_conversation_id`.',
    remedy: 'Call `notify_new_conversation` first, or turn `auto_create_conversation` on.',
    field: 'external_conversation_id',
  },
  optionNeverOffered: {
    when: 'No message of this conversation offered an option with this id.',
    remedy: 'Send the id of an option exactly as the message offered it.',
    field: 'quick_reply_option_id',
  },
  attributeUnknown: {
    when: 'No workflow asked for the attribute, it is not defined, and the channel rejects unknown attributes.',
    remedy: 'Define the attribute, or set `unknown_attribute` of the channel to `record`.',
    field: 'attribute.id',
  },
  attributeValueInvalid: {
    when: 'The value does not match the data type of the attribute, or is not one of its options.',
    remedy: 'Ask the person again.',
    field: 'attribute.value',
  },
  attributesFull: {
    when: 'The conversation or contact already has 250 custom attributes.',
    remedy: 'Clear unneeded attributes by sending them with an empty value.',
    field: 'attribute.id',
  },
  attributesTooLarge: {
    when: 'The custom attributes of the conversation or contact would exceed 128 KiB as JSON.',
    remedy: 'Send a shorter value, or clear unneeded attributes.',
    field: 'attribute.value',
  },
  adminNotFound: {
    when: 'The workspace has no admin with this id.',
    remedy: 'Use an id from `GET /admins` or `GET /me`.',
    field: 'admin_id',
  },
  teamNotFound: {
    when: 'The workspace has no team with this id.',
    remedy: 'Use an id from `GET /teams`.',
  },
  tagNotFound: {
    when: 'The workspace has no tag with this id.',
    remedy: 'Use an id from `GET /tags`, or create the tag with `POST /tags`.',
    field: 'id',
  },
  tagInUse: {
    when: 'A workflow adds or removes the tag.',
    remedy:
      'Remove the step from the workflows that the message names, apply them, and delete the tag again.',
    message: 'Unable to delete Tag with dependent objects. Workflows: Order help.',
  },
  companyNotFound: {
    when: 'The workspace has no such company.',
    remedy: 'Use an id from `POST /companies/list`; `company_id` is your own id.',
  },
  companyNotSpecified: {
    when: 'The body has no id of a company.',
    remedy: 'Send `{"id": …}` with Parley’s id of the company.',
    field: 'id',
  },
  tooManyCompanies: {
    when: 'The contact has 1,000 companies.',
    remedy: 'Detach companies that it no longer belongs to.',
  },
  dataAttributeNotFound: {
    when: 'The workspace has no custom attribute with this id.',
    remedy: 'Use the id from `GET /data_attributes?include_archived=true`.',
  },
  dataAttributeInUse: {
    when: 'A workflow asks for the attribute, sets it, or tests it.',
    remedy:
      'Remove the step from the workflows that the message names, apply them, and archive it again.',
    message:
      'The Data Attribute you are trying to archive has a dependant object. Workflows: Order help.',
  },
  tooManyTags: {
    when: 'The contact, company or conversation would have more than 250 tags.',
    remedy: 'Remove unneeded tags.',
  },
  assigneeNotFound: {
    when: 'The workspace has no admin or team with this id.',
    remedy: 'Use the id of an admin or a team; `0` removes the assignee.',
    field: 'assignee_id',
  },
  subjectMissing: {
    when: 'A message of type `email` has no `subject`.',
    remedy: 'Send one, or use `in_app`.',
    field: 'subject',
  },
  tooManyContacts: {
    when: 'The conversation has 100 contacts already.',
    remedy: 'Detach a contact first.',
  },
  lastContact: {
    when: 'It is the only contact of the conversation.',
    remedy: 'Attach another contact first, or close the conversation.',
    field: 'contact_id',
  },
  partNotFound: {
    when: 'There is no such conversation, or it has no such part.',
    remedy: 'Use the ids of `GET /conversations/{id}`.',
    field: 'conversation_part_id',
  },
  partNotRedactable: {
    when: 'An event of the app or a teammate began the conversation, so its source is no message of a contact.',
    remedy: 'Redact the part.',
    field: 'source_id',
  },
  snoozeInThePast: {
    when: '`snoozed_until` is in the past.',
    remedy: 'Send a time in the future, in unix seconds.',
    field: 'snoozed_until',
  },
  actionUnsupported: {
    when: 'A message has `bcc`.',
    remedy: 'Send a message to each contact.',
    field: 'bcc',
    message: 'Contacts of a conversation see each other: bcc is not supported',
  },
  contentTypeNotMultipart: {
    when: 'The `Content-Type` of an upload is not `multipart/form-data` with a boundary.',
    remedy: 'Send the file as a form does; let your HTTP client write the header.',
  },
  uploadMalformed: {
    when: 'The body of an upload is not well-formed, or has no file, several files or too many fields.',
    remedy: 'Send one file in a field of any name, and nothing else.',
    message: 'The body has no file',
  },
  fileTooLarge: {
    when: 'The file has more bytes than `PARLEY_FILES_SIZE`, 20 MiB by default. An upload’s connection is closed.',
    remedy: 'Send a smaller file, or raise the limit.',
    message: 'A file may have 20971520 bytes at most',
  },
  fileTypeRejected: {
    when: 'The content of the file, whatever its name, is of a type that `PARLEY_FILES_TYPES` does not list.',
    remedy: 'Send a file of another type, or add its type to the setting.',
    message: 'Files of type application/x-msdownload are not accepted here',
  },
  filesFull: {
    when: 'The files of the workspace together have reached `PARLEY_FILES_QUOTA`, 10 GiB by default.',
    remedy: 'Delete conversations with files, or raise the limit.',
  },
  filesUnavailable: {
    when: 'The server uses an external PostgreSQL and has no `PARLEY_SECRET_KEY` to sign links to files.',
    remedy: 'Set `PARLEY_SECRET_KEY`, the same for every server on the database.',
  },
  fileNotFound: {
    when: 'No such file or upload, or it is still being fetched from its URL: then `Retry-After` is set.',
    remedy: 'Wait for `Retry-After`; the attachment’s `state` shows what became of it.',
  },
  fileLinkInvalid: {
    when: 'A link to a file is older than `PARLEY_FILES_LINK_TTL`, or was changed.',
    remedy: 'Read the conversation again: each response has new links.',
  },
  runNotMovable: {
    when: '`parley workflows move` found no step in the target version that matches the one at which the run waits.',
    remedy: 'None for the app; `parley workflows move` lists such conversations.',
  },
  contactNotFound: {
    when: 'The workspace of the token has no contact with this id.',
    remedy: 'Use the `contact_id` of a notify response.',
  },
  resourceNotFound: {
    when: 'The workspace of the token has no resource with this id.',
    remedy: 'Use an id from a response.',
  },
  cursorUnknown: {
    when: '`after`, or `Last-Event-ID` of a stream, is not the id of an event in this channel’s log, or no longer.',
    remedy:
      'Send the `event_id` of the last event that you handled, or `0` to start with the oldest event in the log.',
    field: 'after',
  },
  pageCursorInvalid: {
    when: '`starting_after` is not a cursor, or one of another list or order.',
    remedy:
      'Send `pages.next.starting_after` of the page before, with the same `sort`, or start without it.',
    field: 'starting_after',
  },
  streamsFull: {
    when: 'The token already has 100 event streams and waiting calls open on this server.',
    remedy: 'Close unused streams; one stream serves a whole channel.',
  },
  serverError: {
    when: 'A bug in Parley. Nothing of the event was stored.',
    remedy: 'Search the server log for the `request_id` and report it. Retrying is safe.',
  },
  serviceUnavailable: {
    when: 'PostgreSQL is unavailable, the server is shutting down, or it is overloaded.',
    remedy: repeat,
  },
};
