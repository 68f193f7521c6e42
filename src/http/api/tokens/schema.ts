// The shapes of access tokens on the wire. src/management/tokens.ts makes them.

import { Type } from 'typebox';
import { nullable } from '../../../contract/schema-pieces.ts';
import { type Scope, scopes } from '../../../core/model/rights.ts';

const scope = Type.Unsafe<Scope>({ type: 'string', enum: scopes });

const facts = {
  type: Type.Literal('token'),
  id: Type.String(),
  workspace: Type.String({ description: 'The name of the workspace.' }),
  channel: nullable('string', {
    description: 'The name of the channel that it acts for; null: for the admin only.',
  }),
  admin: Type.String({ description: 'The e-mail address of the admin that it acts as.' }),
  scopes: Type.Array(scope),
  name: Type.String({ description: 'What it is for.' }),
  hint: Type.String({ description: 'The last four characters of the token.' }),
  created_at: Type.String({ description: 'In ISO 8601.' }),
  last_used_at: nullable('string', { description: 'To the minute; null: never.' }),
  revoked_at: nullable('string', { description: 'Null: it is valid.' }),
};

export const tokenSchema = Type.Object(facts, { title: 'Token' });

export const newTokenSchema = Type.Object(
  {
    ...facts,
    token: nullable('string', {
      description: 'The token. Shown only here: null in the response to a repeat of the request.',
    }),
  },
  { title: 'NewToken' },
);

export const tokenList = Type.Object(
  { type: Type.Literal('list'), data: Type.Array(tokenSchema) },
  { title: 'TokenList' },
);

const optionalName = (description: string) =>
  Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'], description }));

export const tokenBody = Type.Object({
  name: Type.String({ description: 'What it is for: 1 to 100 characters.' }),
  channel: optionalName('The name of the channel that it acts for, as the first admin.'),
  admin: optionalName('The e-mail address of the admin that it acts for, in place of a channel.'),
  scopes: Type.Optional(
    Type.Unsafe<readonly Scope[] | null>({
      type: ['array', 'null'],
      items: { type: 'string', enum: scopes },
      maxItems: scopes.length,
      description: 'Events, read and write if omitted; read and write for an admin.',
    }),
  ),
});
