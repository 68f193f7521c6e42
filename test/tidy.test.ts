// The style guide as a test: import directions, the purity of core/, and the sizes of files, functions and lines.
// It reads the text of the sources, as the formatter leaves it, and runs none of them.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));

type Source = {
  /** From the root, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
  readonly isTest: boolean;
};

const sources = ['src', 'web', 'test', 'scripts', 'bench', 'examples'].flatMap(readSources);
const ours = sources.filter(({ path }) => path.startsWith('src/'));
const production = ours.filter(({ isTest }) => !isTest);
const web = sources.filter(({ path }) => /^web\/.*(?<!\.d)\.tsx?$/.test(path));

function readSources(folder: string): Source[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|tsx)$/.test(entry.name))
    .map((entry) => {
      const file = join(entry.parentPath, entry.name);
      const path = relative(root, file).replaceAll(sep, '/');
      const text = readFileSync(file, 'utf8');
      const isTest = /\.(test|fixture)\.ts$/.test(path) || path.startsWith('test/');
      return { path, text, lines: text.trimEnd().split('\n'), isTest };
    });
}

/** Fails with all findings at once. */
function assertNone(findings: readonly string[]) {
  assert.deepEqual(findings, [], `\n${findings.join('\n')}\n`);
}

/** The text without comments; strings stay. */
const codeOf = ({ text }: Source): string =>
  text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '$1');

const importsOf = (source: Source): string[] =>
  [...codeOf(source).matchAll(/(?<![\w'])(?:from|import)\s*\(?\s*'([^']+)'/g)].map(
    ([, name]) => name!,
  );

/** What each room may import, besides itself. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  base: [],
  contract: ['base'],
  receiver: ['contract'],
  outgoing: ['base', 'contract'],
  core: ['base', 'contract'],
  database: ['base'],
  store: ['base', 'contract', 'core', 'database'],
  files: ['base', 'contract', 'core', 'database', 'store'],
  engine: ['base', 'contract', 'core', 'database', 'store'],
  commands: ['base', 'contract', 'core', 'database', 'store'],
  management: [
    ...['base', 'contract', 'core', 'database', 'store', 'commands', 'outgoing'],
    ...['provisioning'],
  ],
  simulation: ['base', 'contract', 'core'],
  provisioning: ['base', 'contract', 'core', 'database', 'store'],
  backup: ['base', 'database', 'store', 'files'],
  http: [
    ...['base', 'contract', 'core', 'database', 'store', 'files', 'engine', 'commands'],
    ...['management'],
  ],
  delivery: ['base', 'contract', 'core', 'database', 'store', 'files', 'engine', 'outgoing'],
  jobs: ['base', 'contract', 'core', 'database', 'store', 'files', 'engine', 'outgoing'],
  config: ['base'],
  main: [
    ...['base', 'contract', 'core', 'database', 'store', 'engine', 'outgoing', 'provisioning'],
    ...['files', 'http', 'management', 'delivery', 'jobs', 'config'],
  ],
  cli: [
    ...['base', 'contract', 'core', 'database', 'store', 'outgoing', 'provisioning', 'backup'],
    ...['simulation', 'files', 'management', 'config', 'main'],
  ],
};

/** `src/store/tenancy/access.ts` is in the room store, `src/main.ts` is main. */
const roomOf = (path: string): string => path.split('/')[1]!.replace(/\.ts$/, '');

test('imports: files of src import only from the rooms below their own', () => {
  const rooms = new Set(production.map(({ path }) => roomOf(path)));
  assertNone([...rooms].filter((room) => !(room in mayImport)).map((room) => `${room}: new room`));
  const findings = production.flatMap((source) => {
    const room = roomOf(source.path);
    return importsOf(source)
      .filter((name) => name.startsWith('.'))
      .map((name) => join(dirname(source.path), name).replaceAll(sep, '/'))
      .filter((target) => roomOf(target) !== room && !mayImport[room]!.includes(roomOf(target)))
      .map((target) => `${source.path} imports ${target}`);
  });
  assertNone(findings);
});

test('imports: form no cycle within src and bench, type imports included', () => {
  const known = sources.filter(({ path }) => /^(src|bench)\//.test(path));
  const targets = new Map(
    known.map((source) => [
      source.path,
      importsOf(source)
        .filter((name) => name.startsWith('.'))
        .map((name) => join(dirname(source.path), name).replaceAll(sep, '/')),
    ]),
  );
  const state = new Map<string, 'open' | 'done'>();
  const circles: string[] = [];
  const visit = (path: string, way: readonly string[]): void => {
    if (state.get(path) === 'open')
      circles.push([...way.slice(way.indexOf(path)), path].join(' -> '));
    if (state.has(path)) return;
    state.set(path, 'open');
    for (const target of targets.get(path) ?? []) visit(target, [...way, path]);
    state.set(path, 'done');
  };
  for (const path of targets.keys()) visit(path, []);
  assertNone(circles);
});

test('resources: folders of http/api do not import each other', () => {
  const findings = production.flatMap(({ path, ...source }) => {
    const [, resource] = /^src\/http\/api\/(\w[\w-]*)\//.exec(path) ?? [];
    if (resource === undefined) return [];
    return importsOf({ path, ...source })
      .filter((name) => name.startsWith('.'))
      .map((name) => join(dirname(path), name).replaceAll(sep, '/'))
      .filter((target) => target.startsWith('src/http/api/'))
      .filter((target) => !target.startsWith(`src/http/api/${resource}/`))
      .map((target) => `${path} imports ${target}`);
  });
  assertNone(findings);
});

test('imports: relative ones name an existing file with its extension', () => {
  const known = new Set(sources.map(({ path }) => path));
  const findings = ours.flatMap((source) =>
    importsOf(source)
      .filter((name) => name.startsWith('.') && name.endsWith('.ts'))
      .map((name) => join(dirname(source.path), name).replaceAll(sep, '/'))
      .filter((target) => !known.has(target))
      .map((target) => `${source.path} imports ${target}`),
  );
  assertNone(findings);
  assertNone(
    ours.flatMap((source) =>
      importsOf(source)
        .filter((name) => name.startsWith('.') && !/\.(ts|js|json)$/.test(name))
        .map((name) => `${source.path}: ${name} has no ending`),
    ),
  );
});

test('imports: web takes only types from src, and its places nothing from each other', () => {
  const placeOf = (path: string): string | undefined => /^web\/places\/([\w-]+)/.exec(path)?.[1];
  const findings = web.flatMap((source) => {
    const values = codeOf(source).replaceAll(/^import type [^;]*;/gm, '');
    const fromSource = [...values.matchAll(/from '((?:\.\.\/)+src\/[^']*)'/g)];
    const targets = importsOf(source)
      .filter((name) => name.startsWith('.'))
      .map((name) => join(dirname(source.path), name).replaceAll(sep, '/'));
    const place = placeOf(source.path);
    return [
      ...fromSource.map(([, name]) => `${source.path} imports more than types of ${name}`),
      ...targets
        .filter((target) => placeOf(target) !== undefined && placeOf(target) !== place)
        .filter(() => source.path !== 'web/app/app.tsx')
        .map((target) => `${source.path} imports ${target}`),
    ];
  });
  assert.ok(web.length > 5);
  assertNone(findings);
});

test('exports: each function, constant and class of src is used by another file', () => {
  const usersOf = new Map<string, Set<string>>();
  for (const source of sources) {
    for (const [word] of codeOf(source).matchAll(/\b[A-Za-z_]\w*\b/g)) {
      const users = usersOf.get(word) ?? new Set();
      usersOf.set(word, users.add(source.path));
    }
  }
  const exported = production.flatMap((source) =>
    [...codeOf(source).matchAll(/^export (?:async )?(?:function\*?|const|class) (\w+)/gm)].map(
      ([, name]) => ({ path: source.path, name: name! }),
    ),
  );
  assert.ok(exported.length > 500, `${exported.length} exports found`);
  assertNone(
    exported
      .filter(({ name }) => usersOf.get(name)!.size < 2)
      .map(({ path, name }) => `${path}: ${name} is exported and used nowhere else`),
  );
});

const impure =
  /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bprocess\b|\bperformance\b|\bset(Timeout|Interval|Immediate)\b|\bqueueMicrotask\b|\bfetch\(|\bconsole\b|\bcrypto\b|\bglobalThis\b|\bawait\b/g;

/** What asks the machine for its zone or language, unless both are named: one file does that for all. */
const local =
  /\bIntl\b|\bTemporal\b|\.toLocale\w+\(|\.localeCompare\(|\.(get|set)(FullYear|Month|Date|Day|Hours|Minutes)\(|\.getTimezoneOffset\(/g;
const asksForZones = 'src/core/workflow/time-zone.ts';

/** The language of templates, and patterns in linear time: both are pure, and used by workflows only. */
const isPurePackage = ({ path }: Source, name: string): boolean =>
  path.startsWith('src/core/workflow/') && ['liquidjs', 're2js'].includes(name);

test('core: reads no clock, time zone, randomness or anything outside', () => {
  const core = production.filter(({ path }) => roomOf(path) === 'core');
  assert.ok(core.length > 5);
  assertNone(
    core.flatMap((source) => [
      ...[...codeOf(source).matchAll(impure)].map(([word]) => `${source.path}: ${word}`),
      ...[...codeOf(source).matchAll(local)]
        .filter(() => source.path !== asksForZones)
        .map(([word]) => `${source.path}: ${word}`),
      ...importsOf(source)
        .filter((name) => !name.startsWith('.') && !isPurePackage(source, name))
        .map((name) => `${source.path} imports ${name}`),
    ]),
  );
});

test('time and randomness: are read only in base', () => {
  const findings = production
    .filter(({ path }) => roomOf(path) !== 'base')
    .filter((source) => /\bDate\.now\(|\bMath\.random\(|\bnew Date\(\)/.test(codeOf(source)))
    .map(({ path }) => path);
  assertNone(findings);
});

test('files: have at most 400 lines, tests 600', () => {
  assertNone(
    sources
      .filter(({ lines, isTest }) => lines.length > (isTest ? 600 : 400))
      .map(({ path, lines }) => `${path}: ${lines.length} lines`),
  );
});

test('files: have at most 200 lines in web', () => {
  assertNone(
    web
      // The catalogue of words is one list.
      .filter(({ path }) => !path.startsWith('web/words/'))
      .filter(({ lines }) => lines.length > 200)
      .map(({ path, lines }) => `${path}: ${lines.length} lines`),
  );
});

test('files: open with a meaningful comment in src and web', () => {
  assertNone(
    [...production, ...web]
      .filter(({ text }) => !/^(\/\/ \S.{30,}|\/\*\*?\s)/.test(text))
      .map(({ path, lines }) => `${path}: begins with ${lines[0]}`),
  );
});

test('files: have names that say what they are for', () => {
  const empty = /(^|-)(utils?|helpers?|managers?|commons?|misc|stuff)(-|\.)/;
  assertNone(
    sources
      .filter(({ path }) => empty.test(basename(path)) || !/^[a-z0-9.-]+$/.test(basename(path)))
      .map(({ path }) => path),
  );
});

/** Lines that begin a function: declarations, methods, and arrows with a body. */
const beginsFunction =
  /^\s*(?!(?:if|for|while|switch|catch|do|else|try)\b)(?:.*\bfunction\b.*|[\w#\s*]*[\w#]+(?:<.*>)?\(.*\).*|.*=>) \{$|^\s*\).*(?:=>|: .*|\)) \{$/;

/** Functions with their length: a formatted one ends at the brace under its beginning. */
function functionsOf({ lines }: Source): { line: number; length: number }[] {
  return lines.flatMap((line, start) => {
    if (!beginsFunction.test(line) || /^\s*(if|for|while|switch|\} else)\b/.test(line)) return [];
    const indent = /^\s*/.exec(line)![0];
    const end = lines.findIndex((other, at) => at > start && other.startsWith(`${indent}}`));
    return end === -1 ? [] : [{ line: start + 1, length: end - start + 1 }];
  });
}

test('functions: have at most 70 lines in src', () => {
  const all = production.flatMap((source) =>
    functionsOf(source).map((one) => ({ ...one, path: source.path })),
  );
  assert.ok(all.length > 300, `${all.length} functions found`);
  assertNone(
    all
      .filter(({ length }) => length > 70)
      .map(({ path, line, length }) => `${path}:${line}: ${length} lines`),
  );
});

const codeColumnsMax = 100;
/** Comments and what stands in template literals (SQL, HTML): the formatter leaves them alone. */
const wordColumnsMax = 120;
/** A line that is one string or pattern, such as the name of a test, cannot be broken. */
const isOneText =
  /^\s*(test\(|return )?('.*'|".*"|`.*`|\/.*\/[a-z]*)[,;]?( (async )?\(\w*\) =>( \{)?)?$/;

function tooWide({ path, lines }: Source): string[] {
  let isInTemplate = false;
  return lines.flatMap((line, index) => {
    const wasInTemplate = isInTemplate;
    // A template that ends on its line leaves things as they were.
    if ((line.replaceAll(/\\`/g, '').match(/`/g)?.length ?? 0) % 2 === 1) {
      isInTemplate = !/^\s*(\/\/|\/?\*)/.test(line) !== wasInTemplate;
    }
    const isWords = wasInTemplate || isInTemplate || /^\s*(\/\/|\/?\*)|['"`]/.test(line);
    const isFine = line.length <= (isWords ? wordColumnsMax : codeColumnsMax);
    return isFine || isOneText.test(line) ? [] : [`${path}:${index + 1}: ${line.length} columns`];
  });
}

test('lines: have at most 100 columns of code, 120 of text', () => {
  assertNone(sources.flatMap(tooWide));
});

test('comments: leave nothing for later and silence no check', () => {
  const left = new RegExp(['TO', 'DO|FIX', 'ME|X', 'XX|HA', 'CK'].join(''));
  assertNone(
    sources.flatMap(({ path, lines }) =>
      lines.flatMap((line, index) =>
        new RegExp(`\\b(${left.source})\\b|@ts-(ignore|nocheck)`).test(line)
          ? [`${path}:${index + 1}: ${line.trim()}`]
          : [],
      ),
    ),
  );
});

test('tests: none is skipped or runs alone', () => {
  const shortened = /\b(test|it|describe|suite)\.(only|skip|todo)\(|\bt\.(skip|todo)\(/;
  const option = /\b(only|skip|todo): (true|'|")/;
  assertNone(
    sources
      .filter(({ isTest, path }) => isTest && path !== thisFile)
      .filter(({ text }) => shortened.test(text) || option.test(text))
      .map(({ path }) => path),
  );
});

test('migrations: have numbers without gaps, a lock cost and a rollback', () => {
  const folder = join(root, 'src/store/schema/migrations');
  const files = readdirSync(folder).toSorted();
  const findings = files.flatMap((file, index) => {
    const number = String(index + 1).padStart(4, '0');
    const text = readFileSync(join(folder, file), 'utf8');
    return [
      ...(new RegExp(`^${number}_[a-z0-9_]+\\.sql$`).test(file) ? [] : [`${file}: not ${number}`]),
      ...(/^(-- .*\n)+-- Lock cost: .*\n?.*Rollback: /.test(text) ? [] : [`${file}: no lock cost`]),
    ];
  });
  assertNone(findings);
});

/** Old words, each with the right one. Only words that are gone from the sources and the documents. */
const oldWords: readonly (readonly [old: RegExp, instead: string])[] = [
  [/\bversion guards?\b/i, 'row version'],
  [/\bbrought home\b|\bbringHome\b/, 'submitted, recorded'],
  [/\b(the )?ledger\b|\bkeeps the books\b/i, 'change plan'],
  [/\bnames are believed\b|\bbelievedNames\b/, 'names are not checked'],
  [
    /\btell(Beginning|Reopening|Attribute)\b|\bletWorkflowsAct\b|\bhadTheirTurn\b/,
    'notify…, runWorkflows',
  ],
  [/\bOutgoingAnswer\b/, 'OutgoingResponse'],
  [/\b(ChaosTown|Siege|Witness)\b/, 'ChaosHarness, KillLoop, OutageMonitor'],
  [/\bdoors?\b/i, 'engine, transport'],
  [/\b(whoever|somebody|everybody|those who)\b/i, 'caller, client, operator, server'],
  [/\blook-ups?\b/i, 'lookup'],
  [/\brefusals?\b|\bSetupRefused\b|\brefusedDrafts\b/i, 'error, rejection'],
  [/\b(strangers?|suspects?)\b/i, 'unresolved host, slow host; other'],
  [/\btwins?\b/i, 'concurrent repeat, duplicate'],
  [/\blost a race\b|LostARace/i, 'write conflict'],
  [/\b(random|do)?deeds?\b/i, 'action'],
  [/\bstimul(us|i)\b/i, 'input'],
  [/\bbelieve[sd]?\b/i, 'trust, accept, assume'],
  [/\bhurry\b|\batEnd\b|\bpairUp\b/, 'sendNow, afterAll, matchAnswer'],
  [/\b(stood in for|small letters)\b/i, 'simulated, lower case'],
];

/** Exempt, because it lists the old words. */
const thisFile = 'test/tidy.test.ts';

test('words: old ones do not come back into sources or documents', () => {
  const documents = ['', 'docs', 'docs/decisions', 'deploy'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((file) => file.endsWith('.md'))
      .map((file) => ({
        path: join(folder, file),
        lines: readFileSync(join(root, folder, file), 'utf8').split('\n'),
      })),
  );
  assertNone(
    [...sources.filter(({ path }) => path !== thisFile), ...documents].flatMap(({ path, lines }) =>
      lines.flatMap((line, index) =>
        oldWords
          .filter(([old]) => old.test(line))
          .map(([, instead]) => `${path}:${index + 1}: say "${instead}": ${line.trim()}`),
      ),
    ),
  );
});

const titleMax = 80;

test('titles: have at most 80 characters and the form "subject: verb …"', () => {
  const titles = sources.flatMap(({ path, text }) =>
    [...text.matchAll(/^test\((['"`])((?:\\.|(?!\1).)*)\1/gm)].map(([, , title]) => ({
      path,
      title: title!,
    })),
  );
  assert.ok(titles.length > 100);
  assertNone(
    titles
      .filter(({ title }) => title.length > titleMax || !title.includes(': '))
      .map(({ path, title }) => `${path}: ${title}`),
  );
});
