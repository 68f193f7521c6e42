// /app/setup?code=…: the first owner of a workspace sets a name and a password. The link works once.

import { useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { sessionQuery } from '../../app/session.ts';
import { ApiFailure, ask } from '../../live/api.ts';
import type { Session } from '../../live/wire.ts';
import { EntryForm, EntryPage } from '../../parts/entry-page.tsx';
import { Field } from '../../parts/field.tsx';
import { words } from '../../words/en.ts';

/** The server's rule. */
const PASSWORD_CHARACTERS_MIN = 10;

export function Setup() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { code } = useSearch({ from: '/setup' });
  const [isUsed, setIsUsed] = useState(code === undefined);
  if (isUsed) return <UsedLink />;
  return (
    <EntryPage title={words.setup.title} lead={words.setup.lead}>
      <EntryForm
        submit={words.setup.submit}
        working={words.setup.working}
        onSubmit={async (values) => {
          try {
            const session = await ask<Session>('POST', '/setup', { body: { code, ...values } });
            client.clear();
            client.setQueryData(sessionQuery.queryKey, session);
          } catch (error) {
            if (error instanceof ApiFailure && error.status === 404) return setIsUsed(true);
            throw error;
          }
          await navigate({ href: '/' });
        }}
      >
        <Field
          label={words.setup.name}
          name="name"
          autoComplete="name"
          required
          maxLength={80}
          autoFocus
        />
        <Field
          label={words.setup.email}
          name="email"
          type="email"
          autoComplete="username"
          required
        />
        <Field
          label={words.setup.password}
          hint={words.setup.passwordHint}
          name="password"
          type="password"
          autoComplete="new-password"
          minLength={PASSWORD_CHARACTERS_MIN}
          required
        />
      </EntryForm>
    </EntryPage>
  );
}

const UsedLink = () => (
  <EntryPage title={words.setup.used} lead={words.setup.usedHelp}>
    <p className="entry-form">
      <Link className="button" to="/sign-in">
        {words.setup.signIn}
      </Link>
    </p>
  </EntryPage>
);
