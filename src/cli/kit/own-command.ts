// What a person types to run another command of the Parley that runs: a checkout has no `parley` on the PATH. Never
// `npx parley`, which fetches a library of that name when Parley is not installed there.

/** `parley`, or how npm runs it in a checkout. */
export const ownCommand = (): string =>
  import.meta.url.endsWith('.ts') ? 'npm run parley --' : 'parley';
