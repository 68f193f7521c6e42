// /app/sign-in: e-mail and password, then to where the person wanted to go.

import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { signIn } from '../../app/session.ts';
import { EntryForm, EntryPage } from '../../parts/entry-page.tsx';
import { Field } from '../../parts/field.tsx';
import { words } from '../../words/en.ts';

export function SignIn() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { to, ended } = useSearch({ from: '/sign-in' });
  return (
    <EntryPage
      title={words.signIn.title}
      lead={ended ? words.signIn.again : words.signIn.lead}
      foot={
        <>
          <p>{words.signIn.forgotten}</p>
          <p>
            <a href="/docs">{words.signIn.docs}</a>
          </p>
        </>
      }
    >
      <EntryForm
        submit={words.signIn.submit}
        working={words.signIn.working}
        onSubmit={async ({ email = '', password = '' }) => {
          await signIn(client, email, password);
          await navigate({ href: to ?? '/' });
        }}
      >
        <Field
          label={words.signIn.email}
          name="email"
          type="email"
          autoComplete="username"
          required
          autoFocus
        />
        <Field
          label={words.signIn.password}
          name="password"
          type="password"
          autoComplete="current-password"
          required
        />
      </EntryForm>
    </EntryPage>
  );
}
