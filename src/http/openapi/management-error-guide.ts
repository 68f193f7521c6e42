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
} as const;
