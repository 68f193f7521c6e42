// Advice on errors of operations, by their codes: which command helps.

const advice: Readonly<Record<string, string>> = {
  channel_not_found: '`parley channel list` shows all.',
  token_not_found: '`parley token list` shows all.',
};

/** Joins the message of an error with the advice on its code. */
export const withAdvice = (message: string, code: string): string =>
  advice[code] === undefined ? message : `${message}: ${advice[code]}`;
