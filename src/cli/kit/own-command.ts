// How to invoke another command of this Parley: a checkout has no `parley` on the PATH. Never `npx parley`, which
// fetches another library of that name if Parley is not installed.

/** `parley`, or how npm runs it in a checkout. */
export const ownCommand = (): string =>
  import.meta.url.endsWith('.ts') ? 'npm run parley --' : 'parley';
