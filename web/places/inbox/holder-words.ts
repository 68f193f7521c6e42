// Who holds a conversation, in a few words.

import type { Holder } from '../../live/wire.ts';
import { words } from '../../words/en.ts';

const { waitsFor } = words.holder;

/** "Order help waits for a button". */
export function holderWords({ workflow_name: name, waits_for: wait }: Holder): string {
  return words.holder.workflow(name ?? '', waitsFor[wait ?? 'none']);
}
