// The help texts of the command line: all commands by purpose, those of a family, and one command with its options and
// examples. Wrapped to a width, except examples, which users copy.

import type { Argument, Command, Option } from './command.ts';
import { urlOption } from './server-address.ts';
import { layOutPairs, wrapParagraphs } from './table.ts';
import { terminalWidth } from './terminal.ts';

const USUAL_WIDTH = 80;
/** Longer lines are hard to read. */
const WIDTH_MAX = 100;

/** Groups of commands, by their first words. */
const purposes: readonly (readonly [title: string, families: readonly string[]])[] = [
  ['Run a server', ['serve', 'migrate', 'doctor', 'config', 'backup', 'restore', 'audit']],
  ['Set up', ['apply', 'workspace', 'admin', 'channel', 'token']],
  ['Workflows', ['workflows', 'simulate', 'replay']],
  ['Outbound events', ['events', 'dead-letters', 'listen', 'signature']],
  ['Personal data', ['erasures', 'export', 'remove-old']],
];

/** The options of a command, with those that all commands of its kind have. */
export const optionsOf = ({ options, remote }: Command): Readonly<Record<string, Option>> => ({
  ...(remote === true ? { url: urlOption } : {}),
  ...options,
  json: { type: 'boolean', about: 'Print JSON.' },
  help: { type: 'boolean', about: 'Show this help.' },
});

/** The width of help texts: the terminal's, up to a readable maximum. */
export const helpWidth = (): number => Math.min(terminalWidth() ?? USUAL_WIDTH, WIDTH_MAX);

const pairOf = ({ name, about }: Command) => [`parley ${name}`, about] as const;

/** The help of the whole command line. */
export function overview(commands: readonly Command[], width = USUAL_WIDTH): string {
  const familyOf = ({ name }: Command) => name.split(' ')[0]!;
  const known = new Set(purposes.flatMap(([, families]) => families));
  const groups: readonly (readonly [string, readonly Command[]])[] = [
    ...purposes.map(
      ([title, families]) =>
        [title, commands.filter((command) => families.includes(familyOf(command)))] as const,
    ),
    ['More', commands.filter((command) => !known.has(familyOf(command)))],
  ];
  const left = Math.max(...commands.map((command) => pairOf(command)[0].length));
  return [
    'Parley: a self-hosted server of the Custom Channel Events API.',
    '',
    'Usage: parley <command> [options]',
    ...groups
      .filter(([, members]) => members.length > 0)
      .flatMap(([title, members]) => [
        '',
        `${title}:`,
        layOutPairs(members.map(pairOf), width, left),
      ]),
    '',
    wrapParagraphs(
      '`parley <command> --help` shows options and examples; every command has --json. ' +
        'Settings are environment variables: `parley config` shows them. ' +
        'A running server has its reference at /docs. ' +
        '`parley --version` prints the version.',
      width,
    ),
    '',
    wrapParagraphs(elsewhere(commands), width),
  ].join('\n');
}

/** Says which commands work on a server elsewhere. */
function elsewhere(commands: readonly Command[]): string {
  const local = commands.filter(({ remote }) => remote !== true).map(({ name }) => name);
  return (
    'To work on a server elsewhere, name it with --url or PARLEY_URL, and set PARLEY_TOKEN to a token with the scope ' +
    `"manage". All commands can do so, except ${local.join(', ')}.`
  );
}

/** The commands that begin with the same word. */
export const familyHelp = (family: readonly Command[], width = USUAL_WIDTH): string =>
  `Commands:\n${layOutPairs(family.map(pairOf), width)}`;

/** The help of one command. */
export function commandHelp(command: Command, width = USUAL_WIDTH): string {
  const { name, about, details, examples } = command;
  const args = command.arguments ?? [];
  const options = Object.entries(optionsOf(command));
  return [
    `Usage: parley ${[name, ...args.map(argumentText)].join(' ')} [options]`,
    '',
    wrapParagraphs(about, width),
    ...(details === undefined ? [] : ['', wrapParagraphs(details, width)]),
    ...section(
      'Arguments',
      args.map((one) => [argumentText(one), one.about]),
      width,
    ),
    ...section(
      'Options',
      options.map(([option, facts]) => [optionText(option, facts), facts.about]),
      width,
    ),
    '',
    'Examples:',
    ...examples.map((line) => `  ${line}`),
  ].join('\n');
}

const section = (title: string, rows: readonly (readonly [string, string])[], width: number) =>
  rows.length === 0 ? [] : ['', `${title}:`, layOutPairs(rows, width)];

function optionText(name: string, { short, placeholder }: Option): string {
  const abbreviated = short === undefined ? '' : `-${short}, `;
  return `${abbreviated}--${name}${placeholder === undefined ? '' : ` <${placeholder}>`}`;
}

const argumentText = ({ name, isList }: Argument): string =>
  isList === true ? `[<${name}>…]` : `<${name}>`;
