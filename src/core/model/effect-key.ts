// The name of one effect of a request with an idempotency key. It is stored with the effect, so a repeat of the request
// finds the effects of the first try.

export type EffectKey = {
  /** The id of the stored idempotency key. */
  readonly keyId: number;
  /** A name that is the same for each try of the request, such as `signal 1`. */
  readonly step: string;
};
