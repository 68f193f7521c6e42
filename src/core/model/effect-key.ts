// The name of one effect of a request with an idempotency key. It is stored with the effect, so a repeat of the request
// finds what the first try has done already.

export type EffectKey = {
  /** The id of the stored idempotency key. */
  readonly keyId: number;
  /** The same for each try of the request, such as `signal 1`. */
  readonly step: string;
};
