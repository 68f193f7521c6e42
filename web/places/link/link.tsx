// One-time links: the first owner (/app/setup?code=…), an invitation, a new password. Each sets a password and signs
// in.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { goTo } from '../../app/place.ts';
import { startSession } from '../../app/session.ts';
import { ApiFailure, ask } from '../../live/api.ts';
import type { Session } from '../../live/wire.ts';
import { EntryForm, EntryPage } from '../../parts/entry-page.tsx';
import { Failure } from '../../parts/failure.tsx';
import { Field } from '../../parts/field.tsx';
import { PlaceLink } from '../../parts/place-link.tsx';
import { words } from '../../words/en.ts';

type LinkFacts = {
  readonly purpose: 'setup' | 'invite' | 'reset';
  readonly workspace: string;
  readonly name: string;
  readonly email: string;
};

/** The server's rule. */
const PASSWORD_CHARACTERS_MIN = 10;

export function OneTimeLink({ code }: { readonly code: string }) {
  const { data, error, refetch } = useQuery({
    queryKey: ['link', code],
    queryFn: () => ask<LinkFacts>('POST', '/links/check', { body: { code } }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (data !== undefined) return <LinkForm code={code} facts={data} />;
  if (error === null) return null;
  const isUsed = error instanceof ApiFailure && error.status >= 400 && error.status < 429;
  return isUsed ? (
    <UsedLink />
  ) : (
    <main>
      <Failure title={words.errors.network} error={error} onAgain={() => void refetch()} />
    </main>
  );
}

function LinkForm({ code, facts }: { readonly code: string; readonly facts: LinkFacts }) {
  const client = useQueryClient();
  const { purpose, workspace, name, email } = facts;
  const isSetup = purpose === 'setup';
  const { title, lead, submit } = words.link[purpose];
  return (
    <EntryPage title={title} lead={isSetup ? lead : `${workspace}. ${lead}`}>
      <EntryForm
        submit={submit}
        working={words.link.working}
        onSubmit={async (values) => {
          const session = await ask<Session>('POST', '/links/use', { body: { code, ...values } });
          startSession(client, session);
          goTo({ name: 'home' }, true);
        }}
      >
        {purpose !== 'reset' && (
          <Field
            label={words.link.name}
            name="name"
            autoComplete="name"
            defaultValue={isSetup ? '' : name}
            required
            maxLength={80}
            autoFocus
          />
        )}
        {isSetup ? (
          <Field
            label={words.link.email}
            name="email"
            type="email"
            autoComplete="username"
            required
          />
        ) : (
          // For password managers: the name of the account.
          <Field
            label={words.link.email}
            type="email"
            autoComplete="username"
            value={email}
            readOnly
          />
        )}
        <Field
          label={words.link.password}
          hint={words.link.passwordHint}
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
  <EntryPage title={words.link.used} lead={words.link.usedHelp}>
    <p className="entry-form">
      <PlaceLink className="button" to={{ name: 'sign-in', to: null, hasEnded: false }}>
        {words.link.signIn}
      </PlaceLink>
    </p>
  </EntryPage>
);
