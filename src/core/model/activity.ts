// What a teammate did to the workspace, as the audit log keeps it. Without behaviour.

import type { Json } from './model.ts';

export type Activity = {
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly adminId: string | null;
  readonly action: string;
  readonly objectType: string;
  readonly objectId: string;
  readonly details: { readonly [name: string]: Json } | null;
};
