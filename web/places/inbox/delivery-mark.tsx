// What became of a message that left for the app: a sign and a word, the rest on hover and focus.

import { nearTime } from '../../live/time.ts';
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
  const reason = delivery.failure ?? (delivery.status === null ? '' : String(delivery.status));
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
  const { state, latency_ms: ms } = delivery;
  const short =
    state === 'delivered' && ms !== null ? millisecondsWords(ms) : words.delivery.short[state];
  return (
    <p className={`delivery delivery-${state}`} title={wholeWords(delivery)}>
      <Icon name={icons[state]} size={14} />
      <span aria-hidden="true">{short}</span>
      <span className="hidden">{wholeWords(delivery)}</span>
    </p>
  );
}
