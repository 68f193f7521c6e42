// Liquid templates: checks them and renders them with the facts of a conversation. A template has no loops and loads
// nothing, so its work is bounded by its size; it reads no clock and never throws.

import { Context, Liquid, type Template, toValueSync } from 'liquidjs';
import { wholeStart } from '../../../base/characters.ts';
import { nearestName } from '../../../base/text-files/suggest.ts';
import { cleanText } from '../../../contract/text.ts';
import { findPassedOver, findTemplateFaults } from './check.ts';
import { templateFilters } from './filters.ts';
import { TimeValue } from './time-value.ts';
import type { TemplateValues } from './values.ts';

const TEMPLATE_CHARACTERS_MAX = 20_000;
const RESULT_CHARACTERS_MAX = 100_000;
/** Characters and list entries that the filters of one rendering may process in all. */
const WORK_MAX = 2_000_000;
const NESTING_MAX = 32;
const CACHED_TEMPLATES_MAX = 2_000;

const allowedTags = new Set(['assign', 'case', 'comment', 'echo', 'if', 'raw', 'unless', '#']);

const liquid = makeEngine();

function makeEngine(): Liquid {
  const engine = new Liquid({
    // No access to the file system.
    templates: {},
    strictFilters: true,
    strictVariables: false,
    ownPropertyOnly: true,
    // A part that fails is left out; the rest is rendered.
    catchAllErrors: true,
    memoryLimit: WORK_MAX,
    parseLimit: TEMPLATE_CHARACTERS_MAX,
    // No time limit on purpose: a result must not depend on how busy the machine is.
  });
  for (const name of Object.keys(engine.tags)) {
    if (!allowedTags.has(name)) delete engine.tags[name];
  }
  for (const name of Object.keys(engine.filters)) engine.unregisterFilter(name);
  for (const [name, filter] of templateFilters) engine.registerFilter(name, filter);
  return engine;
}

export type Rendered = {
  readonly text: string;
  /** The fault; the failed parts are missing from the text. */
  readonly fault: string | null;
};

const isPlain = (text: string): boolean => !text.includes('{{') && !text.includes('{%');

/**
 * Renders a text with its values, cut to 100,000 characters. A missing variable renders as an empty text.
 * @param valuesOf is called only if there is something to fill in.
 */
export function renderTemplate(text: string, valuesOf: () => TemplateValues): Rendered {
  if (isPlain(text)) return { text: finish(text), fault: null };
  const { templates, errors } = parse(text);
  if (errors.length > 0) return { text: '', fault: errors[0]! };
  return renderParsed(templates, valuesOf());
}

function renderParsed(templates: Template[], values: TemplateValues): Rendered {
  let buffer = '';
  const emitter = {
    get buffer() {
      return buffer;
    },
    write(value: unknown) {
      const room = RESULT_CHARACTERS_MAX - buffer.length;
      if (room > 0) buffer += wholeStart(textOf(value), room);
    },
  };
  try {
    const context = contextOf(values);
    toValueSync(liquid.renderer.renderTemplates(templates, context, emitter));
    return { text: finish(buffer), fault: null };
  } catch (error) {
    return { text: finish(buffer), fault: messagesOf(error)[0]! };
  }
}

const contextOf = (values: TemplateValues): Context =>
  new Context(values, liquid.options, { sync: true }, { liquid });

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof TimeValue) return value.toString();
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const finish = (text: string): string => cleanText(wholeStart(text, RESULT_CHARACTERS_MAX));

type Parsed = {
  readonly templates: Template[];
  /** The reasons why it cannot be rendered at all. */
  readonly errors: readonly string[];
};

const parsed = new Map<string, Parsed>();

/** Parses a template, with a cache: parsing costs ten times as much as rendering. */
function parse(text: string): Parsed {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const fresh = parseFresh(text);
  if (parsed.size >= CACHED_TEMPLATES_MAX) {
    // Evict the oldest. The cache does not affect results.
    for (const oldest of parsed.keys()) {
      parsed.delete(oldest);
      break;
    }
  }
  parsed.set(text, fresh);
  return fresh;
}

function parseFresh(text: string): Parsed {
  const unfit = findUnfit(text);
  if (unfit !== null) return { templates: [], errors: [unfit] };
  try {
    return { templates: liquid.parse(text), errors: [] };
  } catch (error) {
    return { templates: [], errors: messagesOf(error) };
  }
}

/** The facts for evaluating constants. */
const nothingKnown: TemplateValues = { now: 0, channel: { time_zone: null } };

/** Finds a reason to reject a text before the recursive parser sees it. */
function findUnfit(text: string): string | null {
  if (text.length > TEMPLATE_CHARACTERS_MAX) {
    return `a template has at most ${TEMPLATE_CHARACTERS_MAX} characters, this one has ${text.length}`;
  }
  let depth = 0;
  for (const [, word] of text.matchAll(/\{%-?\s*(if|unless|case|endif|endunless|endcase)\b/g)) {
    depth += word!.startsWith('end') ? -1 : 1;
    if (depth > NESTING_MAX) return `tags are nested more than ${NESTING_MAX} deep`;
  }
  for (const [markup] of text.matchAll(/\{[{%][^{}]*/g)) {
    if (nestingOf(markup) > NESTING_MAX) return `brackets are nested more than ${NESTING_MAX} deep`;
  }
  return null;
}

function nestingOf(markup: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [bracket] of markup.matchAll(/[[\]()]/g)) {
    depth += bracket === '[' || bracket === '(' ? 1 : -1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

function messagesOf(error: unknown): string[] {
  const errors =
    error instanceof Error && 'errors' in error && Array.isArray(error.errors)
      ? error.errors
      : [error];
  return errors.map((one: unknown) => (one instanceof Error ? explain(one.message) : String(one)));
}

const explain = (message: string): string =>
  message
    .replace(/^tag ("\w+") not found/, noSuchTag)
    .replace(/^undefined filter: (\w+).*$/s, withSuggestion);

function withSuggestion(message: string, name: string): string {
  const nearest = nearestName(name, templateFilters.keys());
  return nearest === undefined ? message : `${message} (did you mean "${nearest}"?)`;
}

const noSuchTag = (_: string, name: string): string =>
  `tag ${name} is not available (there are if, unless, case, assign, echo, comment and raw)`;

/**
 * Returns the errors of a template, and the variables that it reads, as `contact.name`. Dynamic paths end at the
 * variable: `a[b].c` reads `a` and `b`.
 */
export function checkTemplate(text: string): {
  readonly errors: readonly string[];
  readonly variables: readonly string[];
} {
  if (isPlain(text)) {
    const isLong = text.length > RESULT_CHARACTERS_MAX;
    const error = `a text has at most ${RESULT_CHARACTERS_MAX} characters`;
    return { errors: isLong ? [error] : [], variables: [] };
  }
  const { templates, errors } = parse(text);
  if (errors.length > 0) return { errors, variables: [] };
  try {
    const paths = liquid.globalVariableSegmentsSync(templates).flatMap(pathsOf);
    // An old version, applied before these checks existed, is rendered as far as possible.
    const faults = [
      ...findPassedOver(text),
      ...findTemplateFaults(templates, () => contextOf(nothingKnown)),
    ];
    return { errors: [...new Set(faults)], variables: [...new Set(paths)] };
  } catch (error) {
    return { errors: messagesOf(error), variables: [] };
  }
}

type Segments = readonly (string | number | Segments)[];

/** The properties of any value besides its own fields. */
const suffixes: readonly unknown[] = ['size', 'first', 'last'];

function pathsOf(segments: Segments): string[] {
  const firstDynamic = segments.findIndex((segment) => typeof segment === 'object');
  const fixed = firstDynamic === -1 ? segments : segments.slice(0, firstDynamic);
  const isSuffixed = fixed.length > 1 && suffixes.includes(fixed.at(-1));
  const path = (isSuffixed ? fixed.slice(0, -1) : fixed).join('.');
  const inner = segments.filter((segment): segment is Segments => typeof segment === 'object');
  return [path, ...inner.flatMap(pathsOf)];
}
