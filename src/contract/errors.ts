// The error catalogue: status, code and message of every error response (contract B). Only
// http/server/error-response.ts turns an entry into a response; a test compares this table with docs/errors.md.

import { appErrors } from './app-errors.ts';
import { managementErrors } from './management-errors.ts';

export type ErrorItem = {
  readonly code: string;
  readonly message: string;
  readonly field: string | null;
};

/** An API error as a value: the status and the entries of the error list. */
export type ContractError = {
  readonly status: number;
  readonly errors: readonly ErrorItem[];
};

type Entry = { readonly status: number; readonly code: string; readonly message: string };

export const errorCatalogue = {
  ...managementErrors,
  ...appErrors,
  accessTokenInvalid: {
    status: 401,
    code: 'unauthorized',
    message: 'Access Token Invalid',
  },
  rightMissing: {
    status: 403,
    code: 'forbidden',
    message: 'The token may not do this',
  },
  routeNotFound: {
    status: 404,
    code: 'not_found',
    message: 'Resource Not Found',
  },
  endpointNotServed: {
    status: 404,
    code: 'not_found',
    message: 'Parley does not serve this endpoint yet',
  },
  versionUnknown: {
    status: 400,
    code: 'intercom_version_invalid',
    message: 'The requested version could not be found',
  },
  versionTooOld: {
    status: 400,
    code: 'intercom_version_invalid',
    message: 'The requested resource is not available in the current version',
  },
  rateLimitExceeded: {
    status: 429,
    code: 'rate_limit_exceeded',
    message: 'Rate limit of this token exceeded',
  },
  acceptExcludesJson: {
    status: 406,
    code: 'media_type_not_acceptable',
    message: 'The Accept header must allow application/json',
  },
  contentTypeNotJson: {
    status: 415,
    code: 'client_error',
    message: 'The Content-Type header must be application/json',
  },
  bodyTooLarge: {
    status: 413,
    code: 'client_error',
    message: 'The request body is too large',
  },
  headersTooLarge: {
    status: 431,
    code: 'client_error',
    message: 'The request headers are too large',
  },
  expectationFailed: {
    status: 417,
    code: 'client_error',
    message: 'Unsupported Expect header',
  },
  requestMalformed: {
    status: 400,
    code: 'client_error',
    message: 'The request is not well-formed HTTP',
  },
  requestTimeout: {
    status: 408,
    code: 'client_error',
    message: 'The request did not arrive in time',
  },
  jsonInvalid: {
    status: 400,
    code: 'parameter_invalid',
    message: 'The request body is not valid JSON',
  },
  parameterRequired: {
    status: 400,
    code: 'parameter_invalid',
    message: 'A required parameter is missing or empty',
  },
  parameterInvalid: {
    status: 400,
    code: 'parameter_invalid',
    message: 'A parameter has an invalid value',
  },
  typeMismatch: {
    status: 422,
    code: 'type_mismatch',
    message: 'A parameter has the wrong JSON type',
  },
  eventReused: {
    status: 422,
    code: 'data_invalid',
    message: 'event_id was already used with different content: each event needs a unique event_id',
  },
  idempotencyKeyInvalid: {
    status: 400,
    code: 'parameter_invalid',
    message: 'Idempotency-Key must have 1 to 255 visible ASCII characters',
  },
  idempotencyKeyReused: {
    status: 422,
    code: 'data_invalid',
    message:
      'This Idempotency-Key was already used for another request: each request needs a unique key',
  },
  integrationNotFound: {
    status: 404,
    code: 'data_invalid',
    message: 'Integration not found',
  },
  contactNotCreatable: {
    status: 400,
    code: 'data_invalid',
    message: 'Contact not found or could not be created: a user needs both name and email',
  },
  contactConflict: {
    status: 409,
    code: 'conflict',
    message: 'A contact matching those details already exists',
  },
  contactBlocked: {
    status: 400,
    code: 'not_restorable',
    message: 'The contact is blocked',
  },
  conversationOfAnotherContact: {
    status: 422,
    code: 'data_invalid',
    message: 'The conversation belongs to another contact',
  },
  conversationNotMapped: {
    status: 404,
    code: 'not_found',
    message: 'Object not found',
  },
  optionNeverOffered: {
    status: 422,
    code: 'data_invalid',
    message: 'This quick reply option was never offered in this conversation',
  },
  attributeUnknown: {
    status: 422,
    code: 'data_invalid',
    message: 'Unknown attribute: no workflow asked for it and it is not a data attribute',
  },
  attributeValueInvalid: {
    status: 422,
    code: 'data_invalid',
    message: 'The value does not match the data type or the options of the attribute',
  },
  attributesFull: {
    status: 422,
    code: 'data_invalid',
    message: 'Too many custom attributes (250 at most)',
  },
  attributesTooLarge: {
    status: 422,
    code: 'data_invalid',
    message: 'Custom attributes too large (128 KiB at most)',
  },
  adminNotFound: {
    status: 404,
    code: 'admin_not_found',
    message: 'Admin not found',
  },
  teamNotFound: {
    status: 404,
    code: 'team_not_found',
    message: 'Team not found',
  },
  tagNotFound: {
    status: 404,
    code: 'tag_not_found',
    message: 'Tag not found',
  },
  tagInUse: {
    status: 400,
    code: 'tag_has_dependent_objects',
    message: 'Unable to delete Tag with dependent objects',
  },
  companyNotFound: {
    status: 404,
    code: 'company_not_found',
    message: 'Company Not Found',
  },
  companyNotSpecified: {
    status: 400,
    code: 'parameter_not_found',
    message: 'company not specified',
  },
  tooManyCompanies: {
    status: 400,
    code: 'contact_company_limit_exceeded',
    message: 'Contact has reached the maximum of 1000 company associations',
  },
  dataAttributeNotFound: {
    status: 404,
    code: 'field_not_found',
    message: "We couldn't find that data attribute to update",
  },
  dataAttributeInUse: {
    status: 422,
    code: 'data_invalid',
    message: 'The Data Attribute you are trying to archive has a dependant object',
  },
  tooManyTags: {
    status: 422,
    code: 'data_invalid',
    message: 'Too many tags (250 at most on one contact, company or conversation)',
  },
  subjectMissing: {
    status: 422,
    code: 'parameter_not_found',
    message: 'No subject supplied for email message',
  },
  tooManyContacts: {
    status: 422,
    code: 'data_invalid',
    message: 'Too many contacts (100 at most in one conversation)',
  },
  lastContact: {
    status: 422,
    code: 'parameter_invalid',
    message: 'Removing the last customer is not allowed',
  },
  partNotFound: {
    status: 404,
    code: 'conversation_part_or_message_not_found',
    message: 'Conversation part or message not found',
  },
  partNotRedactable: {
    status: 400,
    code: 'conversation_part_not_redactable',
    message: 'The message has no text that could be redacted',
  },
  assigneeNotFound: {
    status: 404,
    code: 'assignee_not_found',
    message: 'Assignee not found',
  },
  snoozeInThePast: {
    status: 400,
    code: 'parameter_invalid',
    message: 'snoozed_until must be in the future',
  },
  actionUnsupported: {
    status: 422,
    code: 'data_invalid',
    message: 'Parley does not support this field',
  },
  contentTypeNotMultipart: {
    status: 415,
    code: 'client_error',
    message: 'The Content-Type header must be multipart/form-data with a boundary',
  },
  uploadMalformed: {
    status: 400,
    code: 'parameter_invalid',
    message: 'The body must be multipart/form-data with one file',
  },
  fileTooLarge: {
    status: 413,
    code: 'client_error',
    message: 'The file is too large',
  },
  fileTypeRejected: {
    status: 422,
    code: 'data_invalid',
    message: 'Files of this type are not accepted here',
  },
  filesFull: {
    status: 422,
    code: 'data_invalid',
    message: 'The files of this workspace have reached the limit of their size together',
  },
  filesUnavailable: {
    status: 422,
    code: 'data_invalid',
    message:
      'This server has no key to sign links to files: its operator must set PARLEY_SECRET_KEY',
  },
  fileNotFound: {
    status: 404,
    code: 'not_found',
    message: 'The file is not there, or not yet',
  },
  fileLinkInvalid: {
    status: 403,
    code: 'forbidden',
    message:
      'The link to the file is invalid or has expired: read its conversation again for a new one',
  },
  runNotMovable: {
    status: 422,
    code: 'data_invalid',
    message: 'The target version has no matching step',
  },
  contactNotFound: {
    status: 404,
    code: 'not_found',
    message: 'User Not Found',
  },
  resourceNotFound: {
    status: 404,
    code: 'not_found',
    message: 'Resource Not Found',
  },
  cursorUnknown: {
    status: 400,
    code: 'parameter_invalid',
    message: "Unknown event id: it is not in this channel's log",
  },
  pageCursorInvalid: {
    status: 400,
    code: 'parameter_invalid',
    message: 'starting_after is not a cursor of this list in this order',
  },
  streamsFull: {
    status: 429,
    code: 'rate_limit_exceeded',
    message: 'Too many open event streams and waiting calls (100 at most for one token)',
  },
  serverError: {
    status: 500,
    code: 'server_error',
    message: 'Internal server error: search the server log for the request_id',
  },
  serviceUnavailable: {
    status: 503,
    code: 'service_unavailable',
    message: 'Service temporarily unavailable: retry with the same event_id',
  },
} as const satisfies Record<string, Entry>;

export type ErrorName = keyof typeof errorCatalogue;

/**
 * Creates an error of the catalogue.
 * @param field the invalid field, dotted (`contact.email`).
 * @param message replaces the message of the catalogue.
 */
export function apiError(
  name: ErrorName,
  field: string | null = null,
  message?: string,
): ContractError {
  const entry = errorCatalogue[name];
  return { status: entry.status, errors: [errorItem(name, field, message)] };
}

/** Creates one entry of an error list. */
export function errorItem(name: ErrorName, field: string | null, message?: string): ErrorItem {
  const entry = errorCatalogue[name];
  return { code: entry.code, message: message ?? entry.message, field };
}
