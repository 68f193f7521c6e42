// The settings of a callback as the API and the audit log show them: without secrets.

import { showDuration } from '../../base/text-files/duration.ts';

export type CallbackSettingsRow = {
  readonly url: string | null;
  readonly format: string;
  readonly timeoutMs: number;
  /** Null: the default schedule. */
  readonly retryDelaysMs: readonly number[] | null;
  readonly allowedCidrs: readonly string[];
  readonly tokenHeader: string | null;
  readonly disabledAt: number | null;
};

export const presentCallbackSettings = (row: CallbackSettingsRow) => ({
  url: row.url,
  format: row.format,
  timeout: showDuration(row.timeoutMs),
  retries: row.retryDelaysMs?.map(showDuration) ?? null,
  allow_cidrs: row.allowedCidrs,
  token_header: row.tokenHeader,
  disabled: row.disabledAt !== null,
});
