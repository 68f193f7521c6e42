// A small stand-in for `helm template`, since Helm is not installed everywhere: supports what the chart of this
// repository uses, and fails on anything else.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

type Scope = Readonly<Record<string, unknown>>;
type Block = { readonly kind: 'if' | 'range'; readonly words: string; readonly from: number };

/** Renders the manifests of the chart with these values. @throws where Helm would. */
export function renderChart(chart: string, values: object): Record<string, unknown>[] {
  const own = parse(readFileSync(join(chart, 'values.yaml'), 'utf8')) as object;
  const scope = { Values: merged(own, values), Release: { Name: 'chat' } };
  const folder = join(chart, 'templates');
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .flatMap((file) => {
      const text = render(readFileSync(join(folder, file), 'utf8'), scope);
      return parseAllDocuments(text).flatMap((document) => {
        if (document.errors.length > 0) throw new Error(`${file}: ${document.errors[0]!.message}`);
        const value = document.toJS() as Record<string, unknown> | null;
        return value === null ? [] : [value];
      });
    });
}

function merged(own: unknown, given: unknown): unknown {
  if (typeof own !== 'object' || own === null || typeof given !== 'object' || given === null) {
    return given === undefined ? own : given;
  }
  const names = new Set([...Object.keys(own), ...Object.keys(given)]);
  return Object.fromEntries(
    [...names].map((name) => [name, merged((own as Scope)[name], (given as Scope)[name])]),
  );
}

const action = /[ \t]*\n?[ \t]*\{\{- (.*?) \}\}|\{\{ (.*?) \}\}/g;

export function render(text: string, scope: Scope): string {
  let done = '';
  let at = 0;
  const open: Block[] = [];
  for (const match of text.matchAll(action)) {
    const words = (match[1] ?? match[2])!;
    const [kind] = words.split(' ');
    const isOutside = open.length === 0;
    if (isOutside) done += text.slice(at, match.index);
    if (kind === 'if' || kind === 'range') {
      open.push({ kind, words: words.slice(kind.length + 1), from: match.index + match[0].length });
    } else if (kind === 'end') {
      const block = open.pop();
      if (block === undefined) throw new Error('an end without a beginning');
      if (open.length === 0) done += renderBlock(block, text.slice(block.from, match.index), scope);
    } else if (isOutside) done += String(evaluate(words, scope));
    if (isOutside || open.length === 0) at = match.index + match[0].length;
  }
  if (open.length > 0) throw new Error(`${open[0]!.kind} has no end`);
  return done + text.slice(at);
}

function renderBlock({ kind, words }: Block, body: string, scope: Scope): string {
  if (kind === 'if') return evaluate(words, scope) ? render(body, scope) : '';
  const [, first, second, source] = /^(\$\w+)(?:, (\$\w+))? := (.*)$/.exec(words) ?? [];
  if (first === undefined) throw new Error(`cannot range over ${words}`);
  return Object.entries(evaluate(source!, scope) as object)
    .map(([name, value]) =>
      render(body, {
        ...scope,
        ...(second === undefined ? { [first]: value } : { [first]: name, [second]: value }),
      }),
    )
    .join('');
}

function evaluate(words: string, scope: Scope): unknown {
  const [first, ...filters] = words.split(' | ');
  let value = read(first!, scope);
  for (const filter of filters) {
    if (filter !== 'quote') throw new Error(`no filter ${filter}`);
    value = JSON.stringify(String(value));
  }
  return value;
}

function read(words: string, scope: Scope): unknown {
  const [, message, path] = /^required "(.*)" (\S+)$/.exec(words) ?? [];
  if (path !== undefined) {
    const value = read(path, scope);
    if (value === '' || value === undefined) throw new Error(message);
    return value;
  }
  if (words.startsWith('list ')) {
    return [...words.matchAll(/"([^"]*)"/g)].map(([, item]) => item);
  }
  const names = words.replace(/^\$?\./, '').split('.');
  return names.reduce<unknown>((value, name) => {
    if (typeof value !== 'object' || value === null || !(name in value)) {
      throw new Error(`${words} is not there`);
    }
    return (value as Scope)[name];
  }, scope);
}
