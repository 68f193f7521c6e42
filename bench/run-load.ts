// Puts load on a side from a separate process, and fails if any response was not a 200.

import { nextLine, startChild } from './child.ts';
import type { LoadResult, Progress } from './load/generate.ts';
import type { LoadArgument } from './load.ts';
import type { Side } from './sides.ts';

type LoadShape = Omit<LoadArgument, 'url' | 'token'>;

/**
 * Runs a load to its end.
 * @throws if a response was not a 200.
 */
export async function runLoad(
  { url, token }: Pick<Side, 'url' | 'token'>,
  shape: LoadShape,
  onProgress: (progress: Progress) => void | Promise<void> = () => {},
): Promise<LoadResult> {
  const argument: LoadArgument = { url, token, ...shape };
  const child = startChild(['bench/load.ts', JSON.stringify(argument)], {});
  for (;;) {
    const line = await nextLine<{ progress: Progress } | { result: LoadResult }>(child);
    if ('progress' in line) {
      await onProgress(line.progress);
      continue;
    }
    const { result } = line;
    if (result.errors === 0) return result;
    throw new Error(`${result.errors} requests went wrong: ${JSON.stringify(result.statuses)}`);
  }
}
