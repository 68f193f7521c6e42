// `npm run openapi`: writes what is made from the route table and the error catalogue, openapi.json and the table of
// docs/errors.md. The tests fail while either is out of date.

import { readFileSync, writeFileSync } from 'node:fs';
import { readRelease } from '../src/base/release.ts';
import { type ErrorName, errorCatalogue } from '../src/contract/errors.ts';
import { openApiDocument } from '../src/http/openapi/document.ts';
import { errorGuide } from '../src/http/openapi/error-guide.ts';
import { routes } from '../src/http/routes.ts';

const root = new URL('../', import.meta.url);

/** The committed form of the document. */
export const openApiText = (): string =>
  `${JSON.stringify(openApiDocument(routes, readRelease()), null, 2)}\n`;

const begin = '<!-- the table: npm run openapi -->';
const end = '<!-- end of the table -->';

/** docs/errors.md with its table made anew, the words around it kept. */
export function errorsPage(present: string): string {
  const [head, rest] = present.split(begin);
  const [, tail] = (rest ?? '').split(end);
  if (head === undefined || tail === undefined) throw new Error('docs/errors.md lost its marks');
  return `${head}${begin}\n\n${errorsTable()}\n\n${end}${tail}`;
}

function errorsTable(): string {
  const names = Object.keys(errorCatalogue) as ErrorName[];
  const sorted = names.toSorted((a, b) => errorCatalogue[a].status - errorCatalogue[b].status);
  const rows = sorted.map((name) => {
    const { status, code, message } = errorCatalogue[name];
    const { when, remedy } = errorGuide[name];
    return `| ${name} | ${status} | \`${code}\` | ${message} | ${when} | ${remedy} |`;
  });
  const head = '| Name | Status | Code | Message | When | What to do |';
  return [head, '|---|---|---|---|---|---|', ...rows].join('\n');
}

if (import.meta.main) {
  const page = new URL('docs/errors.md', root);
  writeFileSync(new URL('openapi.json', root), openApiText());
  writeFileSync(page, errorsPage(readFileSync(page, 'utf8')));
}
