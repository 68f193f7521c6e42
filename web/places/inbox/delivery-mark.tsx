// What became of a message that left for the app: a sign and a word; all of it on hover and focus, the attempts on a
// click.

import { useState } from 'react';
import { clockTime, fullTime, nearTime } from '../../live/time.ts';
import type { Delivery, DeliveryState } from '../../live/wire.ts';
import { Icon, type IconName } from '../../parts/icon.tsx';
import { words } from '../../words/en.ts';

const icons: Readonly<Record<DeliveryState, IconName>> = {
  queued: 'check',
  delivered: 'checks',
  retrying: 'retry',
  dead: 'alert',
  unseen: 'check',
  disabled: 'alert',
};

const millisecondsWords = (ms: number): string =>
  ms < 10_000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 1000)} s`;

function wholeWords({ state, ahead, latency_ms: ms, attempts, ...delivery }: Delivery): string {
  const reason = delivery.answer ?? String(delivery.status ?? words.delivery.noAnswer);
  switch (state) {
    case 'queued':
      return words.delivery.queued(ahead);
    case 'delivered':
      return ms === null
        ? words.delivery.deliveredPlain
        : words.delivery.delivered(millisecondsWords(ms));
    case 'retrying': {
      const when = delivery.next_at === null ? '' : nearTime(delivery.next_at, Date.now());
      return words.delivery.retrying(attempts, reason, when);
    }
    case 'dead':
      return words.delivery.dead(attempts, reason);
    default:
      return words.delivery[state];
  }
}

export function DeliveryMark({ delivery }: { readonly delivery: Delivery }) {
  const [isOpen, setIsOpen] = useState(false);
  const { state, latency_ms: ms, history } = delivery;
  const short =
    state === 'delivered' && ms !== null ? millisecondsWords(ms) : words.delivery.short[state];
  const whole = wholeWords(delivery);
  const content = (
    <>
      <Icon name={icons[state]} size={14} />
      <span aria-hidden="true">{short}</span>
    </>
  );
  if (history.length === 0) {
    return (
      <p className={`delivery delivery-${state}`} title={whole}>
        {content}
        <span className="hidden">{whole}</span>
      </p>
    );
  }
  return (
    <>
      <p className={`delivery delivery-${state}`}>
        <button
          type="button"
          className="delivery-button"
          title={whole}
          aria-label={words.delivery.show(whole)}
          aria-expanded={isOpen}
          onClick={() => setIsOpen(!isOpen)}
        >
          {content}
        </button>
      </p>
      {isOpen && <Attempts history={history} />}
    </>
  );
}

const Attempts = ({ history }: Pick<Delivery, 'history'>) => (
  <ol className="attempts" aria-label={words.delivery.attempts}>
    {history.map(({ number, at, status, latency_ms: ms, detail }) => (
      <li key={number}>
        <span>
          {words.delivery.attempt(
            number,
            String(status ?? words.delivery.noAnswer),
            millisecondsWords(ms),
          )}
        </span>
        <time dateTime={new Date(at).toISOString()} title={fullTime(at)}>
          {clockTime(at)}
        </time>
        {detail !== '' && <code dir="auto">{detail}</code>}
      </li>
    ))}
  </ol>
);
