// `parley signature check`: explains why a received signature matches or does not. Needs no database and sends nothing.

import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { systemClock } from '../../base/clock.ts';
import { readRegularFile } from '../../base/text-files/read-file.ts';
import { showTextFault } from '../../base/text-files/read-text-file.ts';
import { explainSignature } from '../../outgoing/explain-signature.ts';
import { type Command, type CommandCall, CommandFailed } from '../kit/command.ts';
import { readPath, textOption } from '../kit/read-options.ts';

/** Far above what Parley sends. */
const BODY_BYTES_MAX = 10_000_000;

export const signatureCheck: Command = {
  name: 'signature check',
  about: 'Explain why a received signature matches or does not.',
  details: [
    'Pass what your app received: the request headers and the body, byte for byte. Checks for the usual mistakes: a body',
    'that was parsed and serialised again, a secret that was decoded or was not, another event, an old timestamp.',
  ].join('\n'),
  options: {
    secret: {
      type: 'string',
      placeholder: 'whsec_…',
      isList: true,
      about: 'The secret; may be repeated.',
    },
    header: {
      type: 'string',
      placeholder: 'name: value',
      isList: true,
      about: 'A header as received; may be repeated.',
    },
    'body-file': {
      type: 'string',
      placeholder: 'file',
      about: 'The body as received; - reads standard input.',
    },
  },
  examples: [
    `parley signature check --secret whsec_… --header 'webhook-id: …' --header 'webhook-timestamp: …' \\
    --header 'webhook-signature: v1,…' --body-file body.json`,
  ],
  remote: 'it needs no server',
  run: checkSignature,
};

async function checkSignature(call: CommandCall): Promise<number> {
  const secrets = listOption(call, 'secret');
  const lines = listOption(call, 'header');
  const file = textOption(call, 'body-file');
  if (secrets.length === 0 || lines.length === 0 || file === undefined) {
    throw new CommandFailed(
      '--secret, --header and --body-file are required\nSee: parley signature check --help',
      2,
    );
  }
  const { isValid, findings } = explainSignature({
    secrets,
    headers: readHeaders(lines),
    body: readBody(file),
    nowSeconds: Math.floor(systemClock() / 1000),
  });
  if (call.isJson) call.print(JSON.stringify({ valid: isValid, findings }));
  else call.print([isValid ? 'Valid.' : 'Not valid.', ...findings].join('\n'));
  return isValid ? 0 : 1;
}

function listOption(call: CommandCall, name: string): readonly string[] {
  const value = call.options[name];
  return Array.isArray(value) ? value : [];
}

function readHeaders(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf(':');
      if (at > 0) return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
      throw new CommandFailed(`--header must be a name, a colon and a value, not "${line}"`, 2);
    }),
  );
}

/** Reads the body whole, because every byte counts for a signature; a body of ours is always UTF-8. */
function readBody(named: string): string {
  const bytes = named === '-' ? readStandardInput() : readBodyFile(readPath(named, '--body-file'));
  if (isUtf8(bytes)) return bytes.toString('utf8');
  throw new CommandFailed(
    'the body is not UTF-8, unlike every body that Parley sends: pass it byte for byte as received.',
    2,
  );
}

function readBodyFile(file: string): Buffer {
  const bytes = readRegularFile(file, { bytesMax: BODY_BYTES_MAX });
  if (bytes.ok) return bytes.value;
  throw new CommandFailed(showTextFault(file, bytes.error), 2);
}

function readStandardInput(): Buffer {
  try {
    return readFileSync(0);
  } catch (error) {
    throw new CommandFailed(`cannot read the body: ${(error as Error).message}`, 2);
  }
}
