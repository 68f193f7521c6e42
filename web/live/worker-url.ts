// The address of the shared worker, as the only address that the policy of Trusted Types lets through.

import url from './feed-worker.ts?sharedworker&url';

type Policy = { readonly createScriptURL: (text: string) => string };

declare global {
  interface Window {
    /** Missing in browsers without Trusted Types. */
    readonly trustedTypes?: {
      readonly createPolicy: (name: string, rules: Policy) => Policy;
    };
  }
}

const rules: Policy = {
  createScriptURL(text) {
    if (text !== url) throw new TypeError('not the address of the worker');
    return text;
  },
};

const policy = window.trustedTypes?.createPolicy('parley', rules) ?? rules;

export const workerUrl = (): string => policy.createScriptURL(url);
