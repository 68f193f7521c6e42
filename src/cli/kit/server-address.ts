// Where a command works: on the server that --url or PARLEY_URL names, or else on the database of this machine. Reads
// the address and the token; sends nothing.

import { type CommandCall, CommandFailed, type Option } from './command.ts';
import { textOption } from './read-options.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export type ServerAddress = {
  /** The URL of the server, with a path if a proxy serves it below one; without a slash at the end. */
  readonly url: string;
  readonly token: string;
  /** What named the server: `--url` or `PARLEY_URL`. */
  readonly source: string;
};

/** The option `--url` of all commands that work on a server elsewhere. */
export const urlOption: Option = {
  type: 'string',
  placeholder: 'url',
  about:
    'Work on this server, with PARLEY_TOKEN; PARLEY_URL if omitted. Without both: on the database of this machine.',
};

/** Reads the address of the server; null if none is named. */
export function serverAddressOf(call: CommandCall, environment: Environment): ServerAddress | null {
  const url = serverUrlOf(call, environment);
  if (url === null) return null;
  const source = sourceOf(call);
  const token = environment['PARLEY_TOKEN'] ?? '';
  if (token === '') {
    const why = `${source} names a server, so PARLEY_TOKEN must be a token of it with the scope "manage"`;
    const how = 'create one on its machine: parley token create --admin <address> --scope manage';
    throw new CommandFailed(`${why};\n${how}`, 2);
  }
  return { url, token: checkToken(token, 'PARLEY_TOKEN'), source };
}

/** Reads the URL of the server, without a slash at the end; null if none is named. */
export function serverUrlOf(call: CommandCall, environment: Environment): string | null {
  const option = textOption(call, 'url');
  const text = option ?? environment['PARLEY_URL'] ?? '';
  return text === '' && option === undefined ? null : readServerUrl(text, sourceOf(call));
}

const sourceOf = (call: CommandCall): string =>
  textOption(call, 'url') === undefined ? 'PARLEY_URL' : '--url';

function readServerUrl(text: string, what: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    const example = 'https://parley.example.com';
    throw new CommandFailed(`${what} must be a URL such as ${example}, not "${text}"`, 2);
  }
  if (url.username !== '' || url.password !== '') {
    throw new CommandFailed(`${what} must not have a user name or a password in it`, 2);
  }
  if (url.search !== '' || url.hash !== '') {
    throw new CommandFailed(`${what} must end before the "?" or "#", not be "${text}"`, 2);
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

/** Checks that a token fits in a header. The error is without the token; that of fetch would repeat it. */
export function checkToken(token: string, what: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new CommandFailed(
    `the token (${what}) contains a space, a line break or another invalid character: copy it again`,
    2,
  );
}
