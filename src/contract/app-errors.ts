// The errors of the catalogue that only the web app gets (docs/accounts.md). Their codes are Parley's own.

export const appErrors = {
  signInNeeded: {
    status: 401,
    code: 'sign_in_needed',
    message: 'You are not signed in, or your session has ended: sign in again',
  },
  signInFailed: {
    status: 401,
    code: 'sign_in_failed',
    message: 'The e-mail or the password is wrong',
  },
  signInsTooMany: {
    status: 429,
    code: 'rate_limit_exceeded',
    message: 'Too many attempts to sign in: wait before you try again',
  },
  requestFromElsewhere: {
    status: 403,
    code: 'forbidden',
    message: 'The request did not come from a page of this server',
  },
  hostUnknown: {
    status: 403,
    code: 'forbidden',
    message: 'This server is not reached under this host name: set PARLEY_PUBLIC_URL',
  },
  signInTooOld: {
    status: 403,
    code: 'sign_in_again',
    message: 'This needs a recent sign-in: sign in again',
  },
  linkInvalid: {
    status: 404,
    code: 'link_invalid',
    message: 'The link was used already, or has expired: ask for a new one',
  },
  passwordWeak: {
    status: 422,
    code: 'data_invalid',
    message: 'The password could be guessed: use more, and more different, characters',
  },
  teammateExists: {
    status: 409,
    code: 'conflict',
    message: 'A teammate with this e-mail already exists',
  },
  draftChanged: {
    status: 409,
    code: 'conflict',
    message: 'The draft was changed meanwhile, on another device or in another window',
  },
  conversationMoved: {
    status: 409,
    code: 'conversation_moved',
    message: 'A teammate answered, closed or took over this conversation since you last saw it',
  },
} as const;
