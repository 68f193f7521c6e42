// The error catalogue: every error that Parley can answer with, its status, its code and its words (contract B).
// http/server/error-response.ts is the only place that turns one into a response; a test compares this table with
// docs/errors.md.

export type ErrorItem = {
  readonly code: string;
  readonly message: string;
  readonly field: string | null;
};

/** A refusal, as a value. */
export type ContractError = {
  readonly status: number;
  readonly errors: readonly ErrorItem[];
};

type Entry = { readonly status: number; readonly code: string; readonly message: string };

export const errorCatalogue = {
  accessTokenInvalid: {
    status: 401,
    code: 'unauthorized',
    message: 'Access Token Invalid',
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
    message: 'The rate limit of this token is used up for the present window',
  },
  acceptExcludesJson: {
    status: 406,
    code: 'media_type_not_acceptable',
    message: 'The Accept header must allow application/json',
  },
  contentTypeNotJson: {
    status: 415,
    code: 'client_error',
    message: 'The Content-Type of a body must be application/json',
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
    message: 'The Expect header asks for something that is not offered',
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
    message: 'A parameter has a value that is not allowed',
  },
  typeMismatch: {
    status: 422,
    code: 'type_mismatch',
    message: 'A parameter has the wrong JSON type',
  },
  eventReused: {
    status: 422,
    code: 'data_invalid',
    message: 'event_id was used before with other content: every event needs an id of its own',
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
    message: 'This attribute was not asked for and is not a known data attribute',
  },
  attributeValueInvalid: {
    status: 422,
    code: 'data_invalid',
    message: 'The value does not fit the type or options of the attribute',
  },
  attributesFull: {
    status: 422,
    code: 'data_invalid',
    message: 'There are as many custom attributes as may be kept here',
  },
  attributesTooLarge: {
    status: 422,
    code: 'data_invalid',
    message: 'The custom attributes would be larger than may be kept here',
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
  tooManyTags: {
    status: 422,
    code: 'data_invalid',
    message: 'Too many tags (250 at most on one contact or conversation)',
  },
  assigneeNotFound: {
    status: 404,
    code: 'assignee_not_found',
    message: 'Assignee not found',
  },
  snoozeInThePast: {
    status: 400,
    code: 'parameter_invalid',
    message: 'snoozed_until must lie in the future',
  },
  actionUnsupported: {
    status: 422,
    code: 'data_invalid',
    message: 'This is not supported here',
  },
  runNotMovable: {
    status: 422,
    code: 'data_invalid',
    message: 'The run does not wait at a step that this version has too',
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
    message: 'This is no event of this log',
  },
  streamsFull: {
    status: 429,
    code: 'rate_limit_exceeded',
    message: 'The token has as many event streams and waiting calls open as it may',
  },
  serverError: {
    status: 500,
    code: 'server_error',
    message: 'Something went wrong on our side; the request_id finds it in the log',
  },
  serviceUnavailable: {
    status: 503,
    code: 'service_unavailable',
    message: 'The service is unavailable for a moment; repeat the request with the same event_id',
  },
} as const satisfies Record<string, Entry>;

export type ErrorName = keyof typeof errorCatalogue;

/**
 * Makes a refusal of the catalogue.
 * @param name which one.
 * @param field the field at fault, dotted (`contact.email`), when there is one.
 * @param message words more exact than the catalogue's, when there are any.
 */
export function apiError(
  name: ErrorName,
  field: string | null = null,
  message?: string,
): ContractError {
  const entry = errorCatalogue[name];
  return { status: entry.status, errors: [errorItem(name, field, message)] };
}

/** One line of a refusal that lists several. */
export function errorItem(name: ErrorName, field: string | null, message?: string): ErrorItem {
  const entry = errorCatalogue[name];
  return { code: entry.code, message: message ?? entry.message, field };
}
