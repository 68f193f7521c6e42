// Checks a template beyond parsing: filters with too few, too many or unsuitable arguments, expressions that fail for
// any facts (a division by 0, an unknown zone), and text that the parser silently ignores.

import {
  type Context,
  type Filter,
  type Template,
  type Token,
  TokenKind,
  toValueSync,
  Value,
} from 'liquidjs';
import { type FilterCall, type FilterKind, filterRules, templateFilters } from './filters.ts';

/** A value that is known without facts; undefined: unknown. */
type Known = { readonly value: unknown } | undefined;

type Calculation = (this: FilterCall, value: unknown, ...parameters: unknown[]) => unknown;

/**
 * Finds the errors, each with its line and column.
 * @param makeContext creates the context, with its limits, in which constants are evaluated.
 */
export function findTemplateFaults(
  templates: readonly Template[],
  makeContext: () => Context,
): readonly string[] {
  const checker = new TemplateChecker(makeContext);
  checker.check(templates);
  return checker.faults;
}

class TemplateChecker {
  readonly faults: string[] = [];
  readonly #makeContext: () => Context;
  /** The known values of `assign`; undefined for a name that gets several values. */
  readonly #assigned = new Map<string, Known>();

  constructor(makeContext: () => Context) {
    this.#makeContext = makeContext;
  }

  check(templates: readonly Template[]): void {
    for (const template of templates) {
      for (const argument of template.arguments?.() ?? []) {
        const known =
          argument instanceof Value
            ? this.#checkValue(argument, template.token)
            : this.#checkToken(argument as Token);
        for (const name of namesGiven(template)) {
          this.#assigned.set(name, this.#assigned.has(name) ? undefined : known);
        }
      }
      const children = template.children?.(false, true);
      if (children !== undefined) this.check(toValueSync(children) as Template[]);
    }
  }

  #fault(token: Token, text: string): void {
    const [line, column] = token.getPosition();
    this.faults.push(`${text}, line:${line}, col:${column}`);
  }

  #checkValue({ initial, filters }: Value, token: Token): Known {
    const tokens = initial.postfix;
    const first = tokens[0] ?? token;
    if (!isWellFormed(tokens)) {
      const text =
        tokens.length === 0 ? 'a value is missing' : 'values without an operator or a | between';
      this.#fault(first, text);
    }
    const operands = tokens.map((one) => this.#checkToken(one));
    let input = tokens.length === 1 ? operands[0] : undefined;
    let kind: FilterKind = 'any';
    for (const filter of filters) {
      input = this.#checkFilter(filter, input, kind, first);
      kind = filterRules.get(filter.name)?.makes ?? 'any';
    }
    return input;
  }

  #checkToken(token: Token): Known {
    const text = token.getText();
    switch (token.kind) {
      case TokenKind.Number: {
        const { content } = token as Token & { readonly content: number };
        if (Number.isInteger(content) && !Number.isSafeInteger(content)) {
          this.#fault(token, `the number ${text} cannot be kept exactly`);
        }
        return { value: content };
      }
      case TokenKind.Quoted:
        return { value: (token as Token & { readonly content: string }).content };
      case TokenKind.PropertyAccess:
        if (/^\d/.test(text)) this.#fault(token, `"${text}" is no number and no name`);
        return this.#assigned.get(text);
      case TokenKind.Literal:
        return ['true', 'false', 'nil', 'null'].includes(text)
          ? { value: { true: true, false: false }[text] ?? null }
          : undefined;
      default:
        return undefined;
    }
  }

  #checkFilter(filter: Filter, input: Known, kind: FilterKind, token: Token): Known {
    const { name, args } = filter;
    const rules = filterRules.get(name);
    if (rules === undefined) return undefined;
    const parameters = args.flatMap((one) => (isNamed(one) ? [] : [one as unknown as Token]));
    for (const [word] of (args as readonly unknown[]).filter(isNamed)) {
      if (rules.words.includes(word)) continue;
      const advice =
        rules.words.length === 0 ? 'write the values alone' : `it knows ${rules.words}`;
      this.#fault(token, `${name} knows no "${word}:" (${advice})`);
    }
    const { length: most } = rules.parameters;
    if (parameters.length < rules.required || parameters.length > most) {
      const range = rules.required === most ? `${most}` : `${rules.required} to ${most}`;
      const words = most === 1 && rules.required === 1 ? 'value' : 'values';
      this.#fault(
        token,
        `${name} takes ${range} ${words} behind its colon, not ${parameters.length}`,
      );
      return undefined;
    }
    const known = parameters.map((one) => this.#checkToken(one));
    if (neverFits(kind, rules.takes)) {
      this.#fault(
        token,
        `${name} works on a ${rules.takes}, and what comes before it makes a ${kind}`,
      );
      return undefined;
    }
    const isWhole = known.every((one) => one !== undefined) && args.every((one) => !isNamed(one));
    return isWhole && input !== undefined
      ? this.#calculate(name, input.value, known, token)
      : this.#tryEach(name, rules.takes, known, token);
  }

  /** Evaluates a filter with known arguments. */
  #calculate(name: string, value: unknown, known: readonly Known[], token: Token): Known {
    const calculate = templateFilters.get(name) as Calculation;
    try {
      const parameters = known.map((one) => one?.value);
      const result: unknown = calculate.call(
        { context: this.#makeContext() },
        value,
        ...parameters,
      );
      // The text of a time is unknown, since `now` will differ; only failure is checked.
      return name === 'date' ? undefined : { value: result };
    } catch (error) {
      this.#fault(token, (error as Error).message);
      return undefined;
    }
  }

  /** Tries the known parameters with a suitable value: if that fails, the filter always fails. */
  #tryEach(name: string, takes: FilterKind, known: readonly Known[], token: Token): Known {
    if (known.every((one) => one === undefined)) return undefined;
    const { parameters } = filterRules.get(name)!;
    const tried = parameters.slice(0, known.length).map((kind, index) => ({
      value: known[index] === undefined ? samples[kind] : known[index].value,
    }));
    this.#calculate(name, samples[takes], tried, token);
    return undefined;
  }
}

/** A value of each kind that every filter accepts. */
const samples: Readonly<Record<FilterKind, unknown>> = {
  number: 1,
  whole: 1,
  text: '1',
  list: [],
  any: 0,
  format: '%Y',
  zone: 'UTC',
  size: '1',
};

/** Whether the result of one filter is never suitable for the next one. */
const neverFits = (makes: FilterKind, takes: FilterKind): boolean =>
  (makes === 'list' && takes === 'number') ||
  ((makes === 'number' || makes === 'text') && takes === 'list');

const isNamed = (argument: unknown): argument is readonly [string, Token | undefined] =>
  Array.isArray(argument);

const namesGiven = (template: Template): readonly string[] =>
  [...(template.localScope?.() ?? [])].map((one) => one.getText());

/** Whether every operator has its operands and no value is left over: the parser ignores all but the first. */
function isWellFormed(postfix: readonly Token[]): boolean {
  let depth = 0;
  for (const token of postfix) {
    if (token.kind !== TokenKind.Operator) {
      depth += 1;
      continue;
    }
    const isUnary = token.getText() === 'not';
    if (depth < (isUnary ? 1 : 2)) return false;
    depth -= isUnary ? 0 : 1;
  }
  return depth === 1;
}

const quoted = `"[^"]*"|'[^']*'`;
const markup = new RegExp(
  `\\{\\{-?((?:${quoted}|(?!\\}\\})[^"'])*?)-?\\}\\}|` +
    `\\{%-?\\s*(if|unless|elsif|case|when|assign|echo)\\b((?:${quoted}|(?!%\\})[^"'])*?)-?%\\}`,
  'g',
);
const silent = /\{%-?\s*(raw|comment)\b[\s\S]*?\{%-?\s*end\1\s*-?%\}/g;

/** Finds text that the parser would ignore, such as a trailing pipe or comma. */
export function findPassedOver(text: string): readonly string[] {
  const read = text.replaceAll(silent, (block) => block.replaceAll(/[^\n]/g, ' '));
  return [...read.matchAll(markup)].flatMap((found) => {
    const [, output, tag, rest = ''] = found;
    const content = (output ?? rest).replaceAll(new RegExp(quoted, 'g'), '""');
    const fault = faultOf(content, tag);
    if (fault === null) return [];
    const before = text.slice(0, found.index).split('\n');
    return [`${fault}, line:${before.length}, col:${before.at(-1)!.length + 1}`];
  });
}

function faultOf(content: string, tag: string | undefined): string | null {
  if (content.trim() === '') return tag === undefined ? null : `${tag} lacks a value`;
  // The values of `when` are separated by commas.
  if (tag === 'when') return null;
  if (/\[[^\]]*\|/.test(content)) return 'a filter between brackets, where none works';
  const [first = '', ...filters] = content.split('|');
  if (/,/.test(first)) return 'a comma where no comma belongs';
  if (filters.some((filter) => filter.trim() === '')) return 'a | with no filter behind it';
  const isOdd = filters.some((filter) => !/^\s*[\w-]+\s*(:|$)/.test(filter));
  return isOdd ? 'a filter with something behind it that is no ": value"' : null;
}
