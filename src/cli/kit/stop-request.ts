// Knows when somebody wants this process to end: Ctrl-C, SIGTERM, a closed terminal, or a launcher that is gone.

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export type StopReason = (typeof signals)[number] | 'launcher gone';

/**
 * Resolves when the process is asked to end. From this call on a signal no longer ends it by itself.
 * @param onEach told of every request, the first too.
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

/** npm passes Ctrl-C on but dies alone of SIGTERM: then this process has another parent from one moment to the next. */
function watchParent(onChange: () => void): void {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    onChange();
  }, 500);
  watch.unref();
}
