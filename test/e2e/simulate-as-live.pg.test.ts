// Runs the same conversation in `parley simulate` from files and on a real server with these files applied: the contact
// reads the same texts, for every type of attribute.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { SecretBox } from '../../src/base/seal.ts';
import { CommandFailed } from '../../src/cli/kit/command.ts';
import { simulate } from '../../src/cli/workflows/simulate.ts';
import { openPool } from '../../src/database/pool.ts';
import { applySetup } from '../../src/provisioning/apply-setup.ts';
import { loadSetup } from '../../src/provisioning/load-setup.ts';
import { prepareDefaults } from '../../src/store/tenancy/first-start.ts';
import { openTestDatabase } from '../support/postgres.ts';
import { nextNumber, SECRET_KEY, startTestParley } from '../support/server.ts';

const types: Readonly<Record<string, { readonly typed: string[]; readonly given: string[] }>> = {
  string: { typed: ['Anything at all'], given: ['5'] },
  integer: { typed: ['many', '+7'], given: ['-3'] },
  float: { typed: ['4,5', '1e3'], given: ['0.1'] },
  boolean: { typed: ['yes', 'TRUE'], given: ['false'] },
  date: { typed: ['tomorrow', '1960-04-26'], given: ['2026-11-22'] },
  datetime: { typed: ['2026-11-22', '2026-03-29T03:30:00+02:00'], given: ['1795339800'] },
  options: { typed: ['Purple', 'reD'], given: ['Light Blue'] },
};

const names = Object.keys(types);
const attribute = (name: string, model: string, type: string) =>
  `  - { name: ${name}, model: ${model}, type: ${type}${type === 'options' ? ', options: [Red, Light Blue]' : ''} }`;

const parleyYaml = `admins: [{ email: ada@example.com, name: Ada }]
teams: [{ name: Support }]
data_attributes:
${names
  .flatMap((type) => [
    attribute(`typed_${type}`, 'conversation', type),
    attribute(`given_${type}`, 'contact', type),
    attribute(`copy_${type}`, 'conversation', type),
    attribute(`text_${type}`, 'conversation', 'string'),
  ])
  .join('\n')}
channels:
  - name: default
    time_zone: Europe/Berlin
    buttons: false
    callback: { url: "\${env:CALLBACK}", token: { header: X-Token, value: "\${env:NOT_SET}" } }
workflows: [flows/all-types.yaml, flows/other.yaml]
`;

const stepsOf = (type: string) => `
  - id: typed_${type}
    do: collect_attribute
    attribute: typed_${type}
    prompt: "Type a ${type}"
    invalid: "No ${type}"
    attempts: 2
  - { id: given_${type}, do: collect_attribute, attribute: given_${type}, prompt: "Give a ${type}" }
  - { id: copy_${type}, do: set_attribute, attribute: copy_${type}, value: "{{ attributes.typed_${type} }}" }
  - { id: text_${type}, do: set_attribute, attribute: text_${type}, value: "<{{ attributes.given_${type} }}>" }
  - id: say_${type}
    do: send_message
    body: >-
      {{ attributes.typed_${type} }} {{ contact.custom_attributes.given_${type} }}
      {{ attributes.copy_${type} }} {{ attributes.text_${type} }}
      {{ attributes.typed_${type} | append: '!' }}`;

const workflow = `name: All types
trigger: { on: new_conversation }
steps:
  - id: which
    do: ask_quick_reply
    body: "Which?"
    options: [{ id: all, text: All of them }, { id: none, text: None, next: end }]
${names.map(stepsOf).join('')}
  - id: date
    do: send_message
    body: >-
      {{ attributes.typed_datetime | date: '%A %H:%M %Z' }},
      {{ attributes.typed_date | date: '%e %b %Y' }}
  - { id: fails, do: set_attribute, attribute: text_date, value: "{{ contact.name | plus: 1 }}" }
  - { id: kept, do: send_message, body: "{{ attributes.text_date }} {{ contact.name | plus: 1 }}" }
  - { id: hand, do: assign, team: Support, body: "One moment." }
`;

type Act = { readonly say: string } | { readonly give: readonly [name: string, value: string] };

const acts: readonly Act[] = [
  { say: '1.' },
  ...names.flatMap((type): readonly Act[] => [
    ...types[type]!.typed.map((say) => ({ say })),
    ...types[type]!.given.map((value) => ({ give: [`given_${type}`, value] as const })),
  ]),
];

const talk = `contact: { name: Jane, email: jane@example.com }
steps:
  - start
${acts
  .map((act) =>
    'say' in act ? `  - say: "${act.say}"` : `  - give: { ${act.give[0]}: "${act.give[1]}" }`,
  )
  .join('\n')}
`;

/** The compared fields of an event. */
type LiveEvent = {
  readonly event_name: string;
  readonly message: { readonly body_text: string };
  readonly quick_reply_options: readonly { readonly text: string }[];
  readonly attribute: { readonly id: string };
  readonly assignee: { readonly name: string };
};

const folder = mkdtempSync(join(tmpdir(), 'parley-alike-'));
after(() => rmSync(folder, { recursive: true }));
const file = (name: string, text: string) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

async function simulated(workflowFile: string, script: string): Promise<string[]> {
  let out = '';
  const code = await simulate.run({
    positionals: [workflowFile],
    options: { script, json: true },
    isJson: true,
    print: (text) => {
      out += text;
    },
  });
  const shown = JSON.parse(out);
  assert.deepEqual(shown.failures, []);
  assert.equal(code, 0);
  type Line = {
    happened?: string;
    text?: string;
    buttons?: string[];
    attribute?: string;
    to?: string;
  };
  return shown.exchange.flatMap((line: Line) => {
    if (line.happened === 'message') return [[line.text, ...line.buttons!].join(' | ')];
    if (line.happened === 'asked') return [`asks for ${line.attribute}`];
    return line.happened === 'assigned' ? [`assigned to ${line.to}`] : [];
  });
}

test('simulate and a server: send the same texts for the same files and conversation', async () => {
  const setup = file('parley.yaml', parleyYaml);
  mkdirSync(join(folder, 'flows'));
  const main = file('flows/all-types.yaml', workflow);
  file(
    'flows/other.yaml',
    'name: Other\ntrigger: { on: new_conversation }\nsteps: [{ id: a, do: send_message, body: Never }]\n',
  );
  const played = await simulated(main, file('talk.yaml', talk));

  const database = await openTestDatabase();
  const pool = openPool(database.target, 'admin', { max: 1, onError: () => {} });
  const environment = { CALLBACK: 'https://app.example/', NOT_SET: 'a-token-of-some-length' };
  const loaded = loadSetup(setup, environment);
  assert.ok(loaded.ok, JSON.stringify(loaded));
  await prepareDefaults(pool);
  await applySetup(pool, loaded.value, () => new SecretBox(SECRET_KEY));
  await pool.end();
  const parley = await startTestParley({}, database);
  const contact = { type: 'user', external_id: 'jane', name: 'Jane', email: 'jane@example.com' };
  const notify = async (kind: Parameters<typeof parley.notify>[0], fields: object = {}) => {
    const id = { event_id: `alike_${nextNumber()}`, external_conversation_id: 'alike', contact };
    const { status, body } = await parley.notify(kind, { ...id, ...fields });
    assert.equal(status, 200, JSON.stringify(body));
  };
  await notify('new_conversation');
  for (const act of acts) {
    if ('say' in act) await notify('new_message', { body: act.say });
    else {
      const [id, value] = act.give;
      await notify('attribute_collected', { attribute: { id, value } });
    }
  }
  const { body } = await parley.call('GET', '/parley/v1/events?limit=200');
  const live = body.data.flatMap((event: LiveEvent) => {
    if (event.event_name === 'new_message') return [event.message.body_text];
    if (event.event_name === 'quick_replies_presented') {
      const buttons = event.quick_reply_options.map(({ text }) => text);
      return [[event.message.body_text, ...buttons].join(' | ')];
    }
    if (event.event_name === 'attribute_requested') return [`asks for ${event.attribute.id}`];
    if (event.event_name === 'conversation_assigned') return [`assigned to ${event.assignee.name}`];
    return [];
  });
  assert.deepEqual(played, live);
  const said = [
    'Which?\n1. All of them\n2. None | All of them | None',
    'No integer',
    'Anything at all 5 Anything at all <5> Anything at all!',
    '7 -3 7 <-3> 7!',
    '1000 0.1 1000 <0.1> 1000!',
    'true false true <false> true!',
    '1960-04-26 2026-11-22 1960-04-26 <2026-11-22> 1960-04-26!',
    '2026-03-29 03:30 2026-11-22 10:30 2026-03-29 03:30 <2026-11-22 10:30> 2026-03-29 03:30!',
    'Red Light Blue Red <Light Blue> Red!',
    'Sunday 03:30 GMT+2, 26 Apr 1960',
    '<2026-11-22>',
    'assigned to Support',
  ];
  for (const line of said)
    assert.ok(live.includes(line), `${line} is not among ${live.join('\n')}`);
});

test('simulate with parley.yaml: rejects undefined names, as apply does', async () => {
  const run = async (
    text: string,
    script: string,
    options: Record<string, string | boolean> = {},
  ) => {
    const workflowFile = file('flows/draft.yaml', text);
    try {
      let out = '';
      const code = await simulate.run({
        positionals: [workflowFile],
        options: {
          ...(options.alone === true ? {} : { file: join(folder, 'parley.yaml') }),
          script: file('draft-talk.yaml', script),
          ...options,
        },
        isJson: false,
        print: (line) => {
          out += `${line}\n`;
        },
      });
      return { code, out };
    } catch (error) {
      assert.ok(error instanceof CommandFailed, String(error));
      return { code: error.exitCode, out: error.message };
    }
  };
  const draft = `name: Draft
trigger: { on: new_message, channels: [web] }
steps:
  - { id: a, do: assign, team: Suport }
  - { id: b, do: set_attribute, attribute: typed_integer, value: many }
  - { id: c, do: set_attribute, attribute: colour, value: x }
  - { id: d, do: assign, admin: Grace }
  - { id: e, do: tag, add: made-when-named }
`;
  const script = `channel: { name: app, unknown_attribute: reject }
contact: { attributes: { given_date: soon } }
attributes: [{ name: typed_integer, type: string }]
steps:
  - say: Hi
  - teammate: { name: Grace, assigns: { team: Nobody } }
`;
  const { code, out } = await run(draft, script);
  assert.equal(code, 2, out);
  for (const finding of [
    /draft.yaml:2: trigger.channels\[0\] names the channel "web", which does not exist/,
    /draft.yaml:4: step a, team names the team "Suport", .*did you mean "Support"/,
    /draft.yaml:5: step b, value is "many", which is not a value of type integer/,
    /draft.yaml:6: step c, attribute names the attribute "colour"/,
    /draft.yaml:7: step d, admin names the admin "Grace"/,
    /draft-talk.yaml:1: channel names the channel "app", which does not exist/,
    /draft-talk.yaml:2: contact.attributes.given_date is "soon", which is not a value of type date/,
    /draft-talk.yaml:3: attributes\[0\] is string, but parley.yaml defines "typed_integer" as integer/,
    /draft-talk.yaml:6: steps\[1\].teammate.name names the admin "Grace"/,
    /draft-talk.yaml:6: steps\[1\].teammate.assigns.team names the team "Nobody"/,
  ]) {
    assert.match(out, finding);
  }
  assert.match(out, /^10 errors in the files/);
  // With this switch of the channel, a server creates no conversation.
  const opens =
    'name: Opens\ntrigger: { on: new_message }\nsteps: [{ id: a, do: send_message, body: Hi }]\n';
  const rejected = await run(opens, 'steps: [{ say: Hi }]\n');
  assert.equal(rejected.code, 1);
  assert.match(
    rejected.out,
    /FAILED .*expected it to be accepted, but got rejected: Object not found/,
  );
  const alone = await run(opens, 'steps: [{ say: Hi }, { expect: { message: Hi } }]\n', {
    alone: true,
  });
  assert.equal(alone.code, 0, alone.out);
});
