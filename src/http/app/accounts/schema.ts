// Requests and responses about accounts: signing in and out, one-time links, sessions, invitations.

import { type Static, Type } from 'typebox';
import { limits } from '../../../base/limits.ts';
import { emailFormat, requiredText } from '../../../contract/schema-pieces.ts';
import { type Role, roles } from '../../../core/model/rights.ts';

const PASSWORD_CHARACTERS_MIN = 10;
const PASSWORD_CHARACTERS_MAX = 200;

const email = Type.String({
  minLength: 1,
  maxLength: limits.emailCharactersMax,
  format: emailFormat,
});
const name = requiredText(limits.nameCharactersMax, {});
const newPassword = Type.String({
  minLength: PASSWORD_CHARACTERS_MIN,
  maxLength: PASSWORD_CHARACTERS_MAX,
});
const code = Type.String({ minLength: 1, maxLength: 100 });
export const role = Type.Unsafe<Role>({ type: 'string', enum: roles });

export const signInBody = Type.Object({
  email,
  password: Type.String({ minLength: 1, maxLength: PASSWORD_CHARACTERS_MAX }),
  /** Only needed by a person with accounts in several workspaces. */
  workspace: Type.Optional(name),
});
export type SignInBody = Static<typeof signInBody>;

/** Who is signed in. */
export const signedIn = Type.Object({
  workspace: Type.Object({ id: Type.String(), name: Type.String() }),
  me: Type.Object({ id: Type.String(), name: Type.String(), email: Type.String(), role }),
});

export const checkLinkBody = Type.Object({ code });
export type CheckLinkBody = Static<typeof checkLinkBody>;

/** What a one-time link is for. */
export const link = Type.Object({
  purpose: Type.Unsafe<'setup' | 'invite' | 'reset'>({
    type: 'string',
    enum: ['setup', 'invite', 'reset'],
  }),
  workspace: Type.String(),
  name: Type.String(),
  email: Type.String(),
  role,
  expires_at: Type.Integer(),
});

export const useLinkBody = Type.Object({
  code,
  password: newPassword,
  /** Required for `setup`. */
  name: Type.Optional(name),
  /** Required for `setup`, ignored otherwise. */
  email: Type.Optional(email),
});
export type UseLinkBody = Static<typeof useLinkBody>;

export const changePasswordBody = Type.Object({
  current_password: Type.String({ minLength: 1, maxLength: PASSWORD_CHARACTERS_MAX }),
  password: newPassword,
});
export type ChangePasswordBody = Static<typeof changePasswordBody>;

export const sessionList = Type.Object({
  data: Type.Array(
    Type.Object({
      id: Type.String(),
      is_this: Type.Boolean(),
      source: Type.String(),
      user_agent: Type.String(),
      created_at: Type.Integer(),
      last_used_at: Type.Integer(),
    }),
  ),
});

export const ended = Type.Object({ ended: Type.Integer() });

export const inviteBody = Type.Object({ email, name: Type.Optional(name), role });
export type InviteBody = Static<typeof inviteBody>;

/** The path of a one-time link, shown once. */
export const madeLink = Type.Object({
  admin_id: Type.String(),
  path: Type.String(),
  expires_at: Type.Integer(),
});
