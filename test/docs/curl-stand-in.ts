// A stand-in for curl on machines without it, with the options that the examples use: -H, -d, -X and the silent flags.

import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    header: { type: 'string', short: 'H', multiple: true, default: [] },
    data: { type: 'string', short: 'd' },
    request: { type: 'string', short: 'X' },
    silent: { type: 'boolean', short: 's' },
    'show-error': { type: 'boolean', short: 'S' },
  },
});
const { data } = values;
const headers = values.header.map((line): [string, string] => {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
});
const response = await fetch(positionals[0]!, {
  method: values.request ?? (data === undefined ? 'GET' : 'POST'),
  headers,
  ...(data === undefined ? {} : { body: data }),
});
process.stdout.write(await response.text());
