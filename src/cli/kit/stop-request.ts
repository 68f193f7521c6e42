// Waits for a request to stop this process: Ctrl-C, SIGTERM, a closed terminal, or a launcher that has ended.

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export type StopReason = (typeof signals)[number] | 'launcher gone';

/**
 * Resolves when the process is asked to end. From this call on a signal no longer ends it by itself.
 * @param onEach called for every request, including the first.
 */
export function waitForStopRequest(
  onEach: (reason: StopReason) => void = () => {},
): Promise<StopReason> {
  return new Promise((resolveFirst) => {
    const resolve = (reason: StopReason) => {
      onEach(reason);
      resolveFirst(reason);
    };
    for (const signal of signals) process.on(signal, () => resolve(signal));
    if (process.env['npm_lifecycle_event'] !== undefined)
      watchParent(() => resolve('launcher gone'));
    if (process.env.PARLEY_LAUNCHED === '1') {
      process.on('disconnect', () => resolve('launcher gone'));
      // Listening would keep the process alive after everything has stopped.
      process.channel?.unref();
    }
  });
}

/** Detects that npm has ended: it forwards Ctrl-C but not SIGTERM, and then this process gets another parent. */
function watchParent(onChange: () => void): void {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    onChange();
  }, 500);
  watch.unref();
}
