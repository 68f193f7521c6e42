// The simulate command as a user calls it: the scripts of the example and of the reference, and all kinds of faults in
// files and calls.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runParley } from '../../../test/cli/run-parley.ts';
import { CommandFailed } from '../kit/command.ts';
import { simulate } from './simulate.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const orderHelp = join(root, 'examples/order-help/workflows/order-help.yaml');
const talks = join(root, 'examples/order-help/scripts');
const folder = mkdtempSync(join(tmpdir(), 'parley-simulate-'));
after(() => rmSync(folder, { recursive: true }));

let files = 0;
function write(text: string): string {
  files += 1;
  const file = join(folder, `${files}.yaml`);
  writeFileSync(file, text);
  return file;
}

type Ran = { readonly code: number; readonly out: string };

/** Runs the command in this process. */
async function run(
  workflow: string,
  script: string,
  options: Record<string, boolean> = {},
): Promise<Ran> {
  let out = '';
  try {
    const code = await simulate.run({
      positionals: [workflow],
      options: { script, ...options },
      isJson: options.json === true,
      print: (text) => {
        out += `${text}\n`;
      },
    });
    return { code, out };
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    return { code: error.exitCode, out: error.message };
  }
}

test('simulate: meets every expectation of the order-help scripts, using every step', async () => {
  const steps = new Set<string>();
  for (const file of readdirSync(talks)) {
    const { code, out } = await run(orderHelp, join(talks, file), { json: true });
    const shown = JSON.parse(out);
    assert.equal(code, 0, `${file}: ${JSON.stringify(shown.failures)}`);
    assert.ok(shown.expectations > 0, file);
    for (const { step } of shown.trace) steps.add(step);
  }
  const ids = [...readFileSync(orderHelp, 'utf8').matchAll(/^ {2}- (?:\{ )?id: (\w+)/gm)].map(
    ([, id]) => id!,
  );
  assert.ok(ids.length > 5);
  assert.deepEqual(
    ids.filter((id) => !steps.has(id)),
    [],
  );
});

test('simulate: prints the transcript of the reference, without any settings', async () => {
  const reference = readFileSync(join(root, 'docs/simulate.md'), 'utf8');
  const [, line, shown] =
    /<!-- simulate: 0 -->\n\n```sh\nparley (.*)\n```[\s\S]*?```\n([\s\S]*?)```/.exec(reference) ??
    [];
  const { code, out, err } = await runParley(line!.split(' '), { cwd: root });
  assert.equal(err, '');
  // The channel of the example does not matter here.
  const titleless = (text: string) => text.replace(/^Order help on [\w-]+,/, 'Order help,');
  assert.equal(titleless(out), titleless(shown!));
  assert.equal(code, 0);
});

test('docs/simulate.md: its scripts do what the text describes', async () => {
  const reference = readFileSync(join(root, 'docs/simulate.md'), 'utf8');
  let workflow = orderHelp;
  let played = 0;
  const blocks = /<!-- (talk: (\d)|workflow) -->\n\n```yaml\n([\s\S]*?)```/g;
  for (const [, kind, code, text] of reference.matchAll(blocks)) {
    if (kind === 'workflow') {
      workflow = write(text!);
      continue;
    }
    const ran = await run(workflow, write(text!));
    assert.equal(ran.code, Number(code), ran.out);
    played += 1;
  }
  assert.equal(played, 2);
});

test('simulate: treats the responses of a webhook with a secret as a server does', async () => {
  const workflow = write(`name: Look up
trigger: { on: new_conversation }
steps:
  - id: ask
    do: call_webhook
    url: https://orders.example/{{ contact.external_id }}?key=\${secret:orders_key}
    headers: { Authorization: "Bearer \${secret:orders_key}" }
    save: { state: /state }
    within: 20s
    failed: sorry
  - { id: tell, do: send_message, body: "It is {{ attributes.state }}.", next: end }
  - { id: sorry, do: send_message, body: "Sorry{{ attributes.state }}." }
`);
  const talkWith = (step: string, message: string) =>
    write(`contact: { external_id: "7/8" }
steps:
  - start
  - expect: { nothing: true, calls: "https://orders.example/7%2F8?key=\${secret:orders_key}" }
  - ${step}
  - expect: { message: "${message}" }
`);
  const cases = [
    ['webhook: { body: { state: shipped } }', 'It is shipped.'],
    [`webhook: { text: '{"state":9007199254740993}' }`, 'It is 9007199254740993.'],
    ['webhook: { text: "<html>" }', 'Sorry.'],
    ['webhook: { status: 204 }', 'Sorry.'],
    ['webhook: { body: {} }', 'Sorry.'],
    ['wait: 20s', 'Sorry.'],
  ];
  for (const [step, message] of cases) {
    const { code, out } = await run(workflow, talkWith(step!, message!));
    assert.equal(code, 0, out);
  }
  const wrong = write(readFileSync(workflow, 'utf8').replace('Bearer ${secret:', 'Bearer ${env:'));
  const { code, out } = await run(wrong, talkWith('wait: 1s', 'x'));
  assert.notEqual(code, 0);
  assert.match(out, /has \$\{env:orders_key\}, which only parley.yaml can have/);
});

test('simulate: exits with 1 and shows the line of each unmet expectation', async () => {
  const script = write(`contact: { name: Jane }
steps:
  - start
  - expect: { message: Hello Jane! }
  - click: A parcel
  - click: An order
  - expect: { nothing: true }
  - give: { order_number: EU-1 }
  - wait: 2s
  - expect: { state: open, assigned_to: Support, attribute: { order_number: EU-2 } }
  - webhook: fails
`);
  const { code, out } = await run(orderHelp, script);
  assert.equal(code, 1);
  const failures = out.split('\n').filter((line) => line.includes('FAILED'));
  const at = (line: number) => failures.filter((one) => one.includes(`${script}:${line}:`)).join();
  assert.match(at(4), /expected the message "Hello Jane!", but got "Hi Jane!"/);
  assert.match(at(4), /expected nothing more, but got "What is it about\? {2}\[An order\]/);
  assert.match(
    at(5),
    /expected a button "A parcel" to click, but got the last question has \[An order\]/,
  );
  assert.match(at(7), /expected nothing, but got "Your order number\?", asks for order_number/);
  assert.match(at(10), /expected state "open", but got "closed"/);
  assert.match(at(10), /expected assigned to Support, but got nobody/);
  assert.match(at(10), /expected attribute order_number "EU-2", but got "EU-1"/);
  assert.match(at(10), /expected nothing more, but got "All set\."/);
  assert.match(at(11), /expected a pending call, but got none/);
  assert.match(out, /\n9 failures\.\n$/);
});

test('simulate: fails on an unmentioned message if strict, else skips it', async () => {
  const script = (strict: boolean) =>
    write(
      `strict: ${strict}\nsteps:\n  - start\n  - expect: { buttons: [An order, Talk to a person] }\n`,
    );
  assert.equal((await run(orderHelp, script(true))).code, 1);
  assert.equal((await run(orderHelp, script(false))).code, 0);
});

test('simulate: stores a click on an old question and keeps waiting', async () => {
  const script = write(`steps:
  - start
  - click: order
  - click: { text: Talk to a person, prompt: 1 }
  - expect: { nothing: true, waits_for: attribute }
  - click: { text: An order, prompt: 2 }
`);
  const { code, out } = await run(orderHelp, script);
  assert.equal(code, 1);
  assert.match(out, /question 2 has no buttons/);
  assert.equal(out.match(/FAILED/g)?.length, 1);
});

test('simulate: run_workflow finds another workflow, and the trace is shown', async () => {
  write(
    'name: Second\ntrigger: { on: new_message }\nsteps: [{ id: hi, do: send_message, body: Two }]\n',
  );
  const second = `${files}.yaml`;
  const first = write(
    'name: First\ntrigger: { on: new_conversation }\nsteps: [{ id: on, do: run_workflow, workflow: Second }]\n',
  );
  const steps = 'steps: [start, expect: { message: Two, workflow: Second }]\n';
  const alone = await run(first, write(steps));
  assert.equal(alone.code, 2);
  assert.match(alone.out, /Second/);
  const { code, out } = await run(first, write(`workflows: [${second}]\n${steps}`), {
    trace: true,
  });
  assert.equal(code, 0, out);
  assert.match(out, /\| First v1 on \(run_workflow\): Runs another workflow\./);
});

test('simulate: reports an endless workflow instead of hanging', async () => {
  const round = write(`name: Round
trigger: { on: new_conversation }
steps: [{ id: a, do: wait, for: 1s }, { id: b, do: run_workflow, workflow: Round }]
`);
  const { code, out } = await run(round, write('steps: [start, wait: 1h, wait: 30d]\n'));
  assert.equal(code, 1);
  assert.match(out, /expected the time to pass, but got 10000 timers fired, and no end/);
});

test('simulate: exits with 2 and lists all faults of a script with their lines', async () => {
  const script = write(`abuot: A slip
at: yesterday
contact: { type: robot }
steps:
  - click: An order
  - sya: Hello
  - say: 5
  - expect: {}
  - expect: { message: Hi, nothing: true }
  - wait: soon
  - { say: Hello, click: there }
  - teammate: { says: Hi, closes: true }
  - jump
`);
  const { code, out } = await run(orderHelp, script);
  assert.equal(code, 2);
  assert.match(out, /^12 errors in the files; nothing was run:/);
  const lines = out.split('\n').slice(1);
  const places = lines.map((line) =>
    Number(line.slice(line.indexOf(script) + script.length + 1).split(':')[0]),
  );
  assert.deepEqual(places, [1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
  assert.match(lines[0]!, /abuot is not a known key: did you mean "about"\?/);
  assert.match(lines[4]!, /did you mean "say"\?/);
});

test('simulate: exits with 2 for a wrong call or a missing file', async () => {
  const script = write('steps: [start]\n');
  assert.equal((await run(orderHelp, '/nowhere.yaml')).code, 2);
  assert.equal((await run('/nowhere.yaml', script)).code, 2);
  const broken = await run(write('name: X\nsteps: [{ id: a, do: fly }]\n'), script);
  assert.equal(broken.code, 2);
  assert.match(broken.out, /trigger is missing/);
  assert.match(broken.out, /step a, do is not a kind of step: "fly"/);
  assert.match((await run(write('a: [}'), script)).out, /is not valid YAML/);
});
