// How the callback of a channel is doing, as the operator sees it: called, not set up, or disabled since its app
// answered that it is gone. Reads no database and enables nothing.

import type { ListedChannel } from '../store/workspaces.ts';
import { timeText } from './print.ts';

/** What brings a disabled callback back. */
export const HOW_TO_ENABLE =
  'Once the app takes events again, `parley apply` with the file that has this callback enables it.';

type Callback = Pick<
  ListedChannel,
  'hasCallback' | 'callbackDisabledAt' | 'callbackDisabledReason'
>;

/** One word for a table. */
export function callbackWord({ hasCallback, callbackDisabledAt }: Callback): string {
  if (!hasCallback) return 'none';
  return callbackDisabledAt === null ? 'called' : 'disabled';
}

/** The same for programs; null: the channel has no callback. */
export function callbackJson(callback: Callback): object | null {
  const { hasCallback, callbackDisabledAt: at, callbackDisabledReason: reason } = callback;
  if (!hasCallback) return null;
  return at === null
    ? { disabled_at: null, disabled_reason: null, advice: null }
    : { disabled_at: timeText(at), disabled_reason: reason, advice: HOW_TO_ENABLE };
}

/** A sentence for each channel whose callback is disabled: which, since when and why. */
export const disabledCallbacks = (channels: readonly ListedChannel[]): readonly string[] =>
  channels.flatMap(({ workspace, name, callbackDisabledAt: at, callbackDisabledReason: reason }) =>
    at === null
      ? []
      : [
          `The callback of channel "${name}" of workspace "${workspace}" is disabled since ${timeText(at)}` +
            `${reason === null ? '' : ` (${reason})`}: its events wait.`,
        ],
  );
