// Explains the errors about what operators manage. error-guide.ts has the rest.

export const managementErrorGuide = {
  channelNotFound: {
    when: 'The workspace of the token has no channel with this id or name.',
    remedy: 'Use an id from `GET /parley/v1/channels`.',
  },
  channelExists: {
    when: 'Another channel of the workspace has this name.',
    remedy: 'Choose another name, or change that channel.',
    field: 'name',
  },
  callbackNotFound: {
    when: 'The channel has no callback.',
    remedy: 'Set one: `PUT /parley/v1/channels/{id}/callback`.',
  },
  tokenNotFound: {
    when: 'The workspace has no token with this id.',
    remedy: 'Use an id from `GET /parley/v1/tokens`.',
  },
  secretsLocked: {
    when: 'The server has no secret key, or another one than the secrets were sealed with.',
    remedy: '`parley doctor` on the machine of the server explains what to do.',
  },
  eventNotFound: {
    when: 'The workspace has no outbound event with this id.',
    remedy: '`GET /parley/v1/deliveries` lists the events.',
    field: 'event_ids',
    message: 'No such event: 01a1ee87-3200-7000-8000-007d20200001',
  },
  deadLetterNotFound: {
    when: 'The event is not among the dead letters: it was delivered, discarded, or was never one.',
    remedy:
      '`GET /parley/v1/deliveries?state=given_up` lists them; `POST /parley/v1/deliveries/resend` sends any event again.',
    field: 'event_ids',
    message: 'No dead letter: 01a1ee87-3200-7000-8000-007d20200001',
  },
  workflowNotFound: {
    when: 'The workspace has no workflow with this id.',
    remedy: '`GET /parley/v1/workflows` lists the workflows.',
  },
  workflowVersionNotFound: {
    when: 'The workflow has no version with this number.',
    remedy: 'The message names its versions.',
    field: 'version',
    message: 'Workflow "Order help" has no version 3: its versions are 1 to 2',
  },
  workflowInCircle: {
    when: 'With the version, workflows would start each other without end.',
    remedy: 'Choose another version, or change the other workflow first.',
    field: 'version',
  },
} as const;
