// The page around a form for people who are not signed in.

import type { FormEvent, ReactNode } from 'react';
import { useState } from 'react';
import { ApiFailure } from '../live/api.ts';
import { words } from '../words/en.ts';
import { Button } from './button.tsx';
import './entry-page.css';
import { Mark } from './icon.tsx';

type EntryPageProps = {
  readonly title: string;
  readonly lead?: string;
  readonly children: ReactNode;
  readonly foot?: ReactNode;
};

export const EntryPage = ({ title, lead, children, foot }: EntryPageProps) => (
  <main className="entry">
    <div className="entry-card">
      <p className="entry-brand">
        <Mark size={28} />
        {words.app}
      </p>
      <h1>{title}</h1>
      {lead !== undefined && <p className="entry-lead">{lead}</p>}
      {children}
    </div>
    <footer className="entry-foot">{foot}</footer>
  </main>
);

type EntryFormProps = {
  readonly submit: string;
  readonly working: string;
  readonly onSubmit: (values: Readonly<Record<string, string>>) => Promise<void>;
  readonly children: ReactNode;
};

/** A form that sends once, says what went wrong, and keeps what was typed. */
export function EntryForm({ submit, working, onSubmit, children }: EntryFormProps) {
  const [isWorking, setIsWorking] = useState(false);
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const send = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (isWorking) return;
    const values = new FormData(event.currentTarget);
    setIsWorking(true);
    setFailure(null);
    try {
      await onSubmit(Object.fromEntries([...values].map(([name, value]) => [name, String(value)])));
    } catch (error) {
      setFailure(error instanceof ApiFailure ? error : new ApiFailure(0, 'unknown', String(error)));
    } finally {
      setIsWorking(false);
    }
  };
  return (
    <form className="entry-form" onSubmit={(event) => void send(event)}>
      {children}
      <div role="alert" className="entry-failure">
        {failure !== null && <p>{messageOf(failure)}</p>}
      </div>
      <Button kind="main" type="submit" aria-disabled={isWorking}>
        {isWorking ? working : submit}
      </Button>
    </form>
  );
}

const messageOf = ({ status, message }: ApiFailure): string =>
  status === 429 ? words.errors.tooMany : message;
