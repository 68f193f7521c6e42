// The part of the error catalogue about what operators manage. contract/errors.ts has the rest.

export const managementErrors = {
  channelNotFound: {
    status: 404,
    code: 'channel_not_found',
    message: 'The workspace has no such channel',
  },
  channelExists: {
    status: 409,
    code: 'conflict',
    message: 'The workspace already has a channel of this name',
  },
  callbackNotFound: {
    status: 404,
    code: 'callback_not_found',
    message: 'The channel has no callback URL',
  },
  tokenNotFound: {
    status: 404,
    code: 'token_not_found',
    message: 'The workspace has no such token',
  },
  secretsLocked: {
    status: 409,
    code: 'secrets_locked',
    message: 'The secret key of the server does not open the sealed secrets',
  },
  eventNotFound: {
    status: 404,
    code: 'event_not_found',
    message: 'No such event',
  },
  deadLetterNotFound: {
    status: 404,
    code: 'dead_letter_not_found',
    message: 'No such dead letter',
  },
  workflowNotFound: {
    status: 404,
    code: 'workflow_not_found',
    message: 'Workflow not found',
  },
  workflowVersionNotFound: {
    status: 404,
    code: 'workflow_version_not_found',
    message: 'The workflow has no such version',
  },
  workflowInCircle: {
    status: 422,
    code: 'data_invalid',
    message: 'The version would form an endless circle with other workflows',
  },
} as const;
