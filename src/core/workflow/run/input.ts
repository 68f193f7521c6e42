// What reaches the workflows of a conversation, once the signal itself has been applied.

import type { JobOutcome } from '../../conversation/signal.ts';
import type { Heard } from './facts.ts';

export type Stimulus =
  | { readonly kind: 'created' }
  | { readonly kind: 'message'; readonly body: string }
  | {
      readonly kind: 'option_chosen';
      readonly optionId: string;
      readonly text: string;
      /** Where the prompt stands that offered it; null: no workflow did. */
      readonly promptPosition: number | null;
    }
  /** The value is cast and written already. */
  | { readonly kind: 'attribute'; readonly id: string; readonly value: string }
  | { readonly kind: 'time' }
  | { readonly kind: 'job'; readonly jobId: number; readonly outcome: JobOutcome }
  | { readonly kind: 'closed' };

/** What of it the contact said. */
export const heardIn = (stimulus: Stimulus): Heard => ({
  message: stimulus.kind === 'message' ? stimulus.body : null,
  option: stimulus.kind === 'option_chosen' ? { id: stimulus.optionId, text: stimulus.text } : null,
  attribute: stimulus.kind === 'attribute' ? { id: stimulus.id, value: stimulus.value } : null,
});
