// /app/sign-in: e-mail and password, then to where the person wanted to go.

import { useQueryClient } from '@tanstack/react-query';
import { goTo, goToPath } from '../../app/place.ts';
import { signIn } from '../../app/session.ts';
import { EntryForm, EntryPage } from '../../parts/entry-page.tsx';
import { Field } from '../../parts/field.tsx';
import { words } from '../../words/en.ts';

type SignInProps = { readonly to: string | null; readonly hasEnded: boolean };

export function SignIn({ to, hasEnded }: SignInProps) {
  const client = useQueryClient();
  return (
    <EntryPage
      title={words.signIn.title}
      lead={hasEnded ? words.signIn.again : words.signIn.lead}
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
          if (to === null) goTo({ name: 'home' });
          else goToPath(to);
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
