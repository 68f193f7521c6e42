// The inputs that reach the workflows of a conversation, once the signal itself has been applied.

import type { JobOutcome } from '../../conversation/signal.ts';
import type { ContactInput } from './facts.ts';

export type RunInput =
  | { readonly kind: 'created' }
  | { readonly kind: 'message'; readonly body: string }
  | {
      readonly kind: 'option_chosen';
      readonly optionId: string;
      readonly text: string;
      /** The position of the prompt that offered it; null: no workflow did. */
      readonly promptPosition: number | null;
    }
  /** The value is already cast and written. */
  | { readonly kind: 'attribute'; readonly id: string; readonly value: string }
  | { readonly kind: 'time' }
  | { readonly kind: 'job'; readonly jobId: number; readonly outcome: JobOutcome }
  | { readonly kind: 'closed' };

/** Extracts what the contact wrote, chose or entered. */
export const contactInputOf = (input: RunInput): ContactInput => ({
  message: input.kind === 'message' ? input.body : null,
  option: input.kind === 'option_chosen' ? { id: input.optionId, text: input.text } : null,
  attribute: input.kind === 'attribute' ? { id: input.id, value: input.value } : null,
});
