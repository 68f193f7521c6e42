// What each refusal means to the person who meets it: when it comes, what to do, and what fills its example. One
// source for the OpenAPI document, the reference page and docs/errors.md. The codes and words themselves are in
// contract/errors.ts.

import type { ErrorName } from '../../contract/errors.ts';

export type ErrorGuide = {
  readonly when: string;
  readonly remedy: string;
  /** The field that the example names. */
  readonly field?: string;
  /** Words more exact than the catalogue's, when answers carry them. */
  readonly message?: string;
};

const repeat =
  'Send the same request again after `Retry-After`; the `event_id` makes that safe. Without one, look first whether it was done.';

export const errorGuide: Readonly<Record<ErrorName, ErrorGuide>> = {
  accessTokenInvalid: {
    when: 'The `Authorization` header has no Bearer token, or one that was never issued or is revoked.',
    remedy: 'Send `Authorization: Bearer <token>`; `parley token create` makes a token.',
  },
  routeNotFound: {
    when: 'There is no such path, or it does not take this method.',
    remedy: 'Check the method and the path.',
  },
  endpointNotServed: {
    when: "The vendor's API has this endpoint, Parley does not.",
    remedy: 'The message names the endpoint; `/docs` lists those that are there.',
    message: 'Parley does not serve GET /articles yet',
  },
  versionUnknown: {
    when: 'The `Intercom-Version` header names no version that was ever published.',
    remedy: 'Send `2.14`, or leave the header out.',
    field: 'Intercom-Version',
  },
  versionTooOld: {
    when: 'The version is older than 2.14 and the channel has `strict_version` on.',
    remedy: 'Send `2.14`, or leave the header out.',
    field: 'Intercom-Version',
  },
  rateLimitExceeded: {
    when: 'The token made more requests in the present window of 10 seconds than its share.',
    remedy: 'Wait for `Retry-After` seconds, or raise `PARLEY_RATE_LIMIT`.',
    message: 'Exceeded rate limit of 100000 in 10_seconds',
  },
  acceptExcludesJson: {
    when: 'The `Accept` header leaves no room for `application/json`.',
    remedy: 'Accept `application/json` or `*/*`, or leave the header out.',
  },
  contentTypeNotJson: {
    when: 'There is a body whose `Content-Type` is not JSON in UTF-8.',
    remedy: 'Send `Content-Type: application/json`.',
  },
  bodyTooLarge: {
    when: 'The body is larger than `PARLEY_BODY_LIMIT`, 1 MiB by default. The connection is closed.',
    remedy: 'Send less, or raise the limit.',
  },
  headersTooLarge: {
    when: 'The request line and headers exceed 16 KiB. The connection is closed.',
    remedy: 'Send shorter headers.',
  },
  expectationFailed: {
    when: 'The Expect header says something else than `100-continue`.',
    remedy: 'Leave it out.',
  },
  requestMalformed: {
    when: 'What arrived is not well-formed HTTP/1.1, or its length does not match its headers.',
    remedy: 'Look at what lies between the client and the server.',
  },
  requestTimeout: {
    when: 'The whole request did not arrive within 30 seconds. The connection is closed.',
    remedy: 'Send it again; the `event_id` makes that safe.',
  },
  jsonInvalid: {
    when: 'The body is empty, not JSON, or not valid UTF-8.',
    remedy: 'Send a JSON object in UTF-8.',
  },
  parameterRequired: {
    when: 'A required field is missing, null, empty, or only white space.',
    remedy: 'Fill the field that `field` names.',
    field: 'contact.external_id',
    message: 'contact.external_id is required',
  },
  parameterInvalid: {
    when: 'A value is outside its enumeration, too long, no e-mail address, or an id with control characters.',
    remedy: 'Correct the field that `field` names.',
    field: 'contact.type',
    message: 'contact.type must be one of: user, lead',
  },
  typeMismatch: {
    when: 'A value has another JSON type than the schema says. Ids may be strings or integers.',
    remedy: 'Correct the field that `field` names.',
    field: 'contact',
    message: 'contact must be object',
  },
  eventReused: {
    when: 'The `event_id` was used before with other content, or at another endpoint.',
    remedy: 'Give every event an id of its own; repeat an event only unchanged.',
    field: 'event_id',
  },
  integrationNotFound: {
    when: 'The channel of this token is disabled.',
    remedy: 'Enable the channel.',
  },
  contactNotCreatable: {
    when: 'A user that Parley does not know, or a lead that becomes one, lacks a name or an e-mail.',
    remedy: 'Send both, or turn off `require_user_identity` for the channel.',
    field: 'contact.email',
  },
  contactBlocked: {
    when: 'The contact is blocked.',
    remedy: 'Nothing the app can do: a teammate blocked this person.',
    field: 'contact.external_id',
  },
  conversationOfAnotherContact: {
    when: 'The `external_conversation_id` is mapped to a conversation of somebody else.',
    remedy: 'Send the contact the conversation began with, or a new conversation id.',
    field: 'contact.external_id',
  },
  conversationNotMapped: {
    when: 'No conversation of this channel has this `external_conversation_id`.',
    remedy: 'Call `notify_new_conversation` first, or turn on `auto_create_conversation`.',
    field: 'external_conversation_id',
  },
  optionNeverOffered: {
    when: 'No message of this conversation ever offered an option of this id.',
    remedy: 'Send the id of an option as it was offered.',
    field: 'quick_reply_option_id',
  },
  attributeUnknown: {
    when: 'The attribute was not asked for, is not defined, and the channel rejects unknown ones.',
    remedy: 'Define it, or set `unknown_attribute` of the channel to `record`.',
    field: 'attribute.id',
  },
  attributeValueInvalid: {
    when: 'The value cannot be read as the data type of the attribute, or is none of its options.',
    remedy: 'Ask the person again.',
    field: 'attribute.value',
  },
  attributesFull: {
    when: 'The conversation or contact holds 250 custom attributes, and this would be one more.',
    remedy: 'Clear attributes that are no longer needed, by sending them with an empty value.',
    field: 'attribute.id',
  },
  attributesTooLarge: {
    when: 'All custom attributes of the conversation or contact together would be larger than 128 KiB, as JSON.',
    remedy:
      'Send a shorter value, or clear attributes that are no longer needed; shrinking always works.',
    field: 'attribute.value',
  },
  adminNotFound: {
    when: 'The workspace has no admin of this id.',
    remedy: 'Use an id that `GET /admins` or `GET /me` shows.',
    field: 'admin_id',
  },
  teamNotFound: {
    when: 'The workspace has no team of this id.',
    remedy: 'Use an id that `GET /teams` shows.',
  },
  tagNotFound: {
    when: 'The workspace has no tag of this id.',
    remedy: 'Use an id that `GET /tags` shows, or create the tag with `POST /tags`.',
    field: 'id',
  },
  tagInUse: {
    when: 'A workflow adds or removes the tag.',
    remedy:
      'Remove the step from the workflows that the message names, apply them, and delete the tag again.',
    message: 'Unable to delete Tag with dependent objects. Workflows: Order help.',
  },
  tooManyTags: {
    when: 'The contact or conversation would have more than 250 tags.',
    remedy: 'Remove tags that are not needed any more.',
  },
  assigneeNotFound: {
    when: 'The workspace has no admin or team of this id.',
    remedy: 'Use the id of an admin or a team; `0` assigns to nobody.',
    field: 'assignee_id',
  },
  snoozeInThePast: {
    when: 'The time until which the conversation is to be snoozed has passed.',
    remedy: 'Send unix seconds that lie in the future.',
    field: 'snoozed_until',
  },
  actionUnsupported: {
    when: 'A reply carries attachments, or a contact’s reply a quick reply.',
    remedy: 'Leave attachments out; notify a click with `notify_quick_reply_selected`.',
    field: 'attachment_urls',
    message: 'Attachments are not supported',
  },
  runNotMovable: {
    when: 'An operator moves a run to a version of its workflow that lacks the step at which it waits.',
    remedy: 'Nothing the app can do; `parley workflows move` lists such conversations.',
  },
  contactNotFound: {
    when: 'The workspace of this token has no contact of this id.',
    remedy: 'Use the `contact_id` of a notify answer.',
  },
  resourceNotFound: {
    when: 'The workspace of this token has nothing of this id.',
    remedy: 'Use the id that an answer gave you.',
  },
  cursorUnknown: {
    when: '`after`, or the `Last-Event-ID` of a stream, is not the id of an event that is kept here for this channel.',
    remedy:
      'Send the `event_id` of the last event that you handled, or `0` to begin with the first that is kept.',
    field: 'after',
  },
  streamsFull: {
    when: 'The token has 100 event streams or waiting calls open on this server.',
    remedy: 'Close those that are not read any more; one stream serves a whole channel.',
  },
  serverError: {
    when: 'A fault of Parley. Nothing of the event was stored.',
    remedy: 'Find the `request_id` in the log and report it. Repeating is safe.',
  },
  serviceUnavailable: {
    when: 'PostgreSQL is away, the server is stopping, or too many requests wait.',
    remedy: repeat,
  },
};
