// `parley config`: the effective settings, where each comes from, and all their faults.

import { type Config, givenText, settings, showSetting, unknownSettings } from '../../config.ts';
import type { Command, CommandCall } from '../kit/command.ts';
import { printTable } from '../kit/print.ts';

export const config: Command = {
  name: 'config',
  about: 'Show the effective settings, with secrets masked.',
  details: [
    'Settings are environment variables. An empty one counts as unset. Exits with 2 if one is invalid, and says what it',
    'must be.',
  ].join('\n'),
  examples: ['parley config', 'PARLEY_PORT=8080 parley config --json'],
  remote: 'it shows the settings of this machine',
  run: async (call) => showSettings(call, process.env),
};

type Shown = {
  readonly name: string;
  readonly value: string;
  readonly source: 'environment' | 'default';
  readonly about: string;
  readonly fault: string | null;
};

function showSettings(
  call: CommandCall,
  environment: Readonly<Record<string, string | undefined>>,
): number {
  const { isJson, print } = call;
  const shown = settings.map((setting) => showOne(setting, environment));
  const faults = shown.filter(({ fault }) => fault !== null);
  const unknown = unknownSettings(environment);
  if (isJson) {
    print(JSON.stringify({ ok: faults.length === 0, settings: shown, unknown }));
  } else {
    const rows = shown.map(({ name, value, source, about }) => [name, value, source, about]);
    printTable(call, ['SETTING', 'VALUE', 'FROM', 'ABOUT'], rows, { wrapsLast: true });
    for (const { name, fault } of faults) print(`\nInvalid: ${name} ${fault}`);
    for (const name of unknown) print(`\nIgnored, not a setting: ${name}`);
  }
  return faults.length === 0 ? 0 : 2;
}

function showOne(
  setting: (typeof settings)[number],
  environment: Readonly<Record<string, string | undefined>>,
): Shown {
  const { name, key, about } = setting;
  const text = givenText(setting, environment);
  const source = text === undefined ? 'default' : 'environment';
  const value = setting.read(text);
  if (!value.ok) {
    const given = setting.isSecret ? '********' : String(text);
    return { name, value: given, source, about, fault: value.error };
  }
  // Each setting is shown by itself, so that a faulty one does not hide others.
  const shown = showSetting(setting, { [key]: value.value } as unknown as Config);
  return { name, value: shown, source, about, fault: null };
}
