// `parley workflows move` as a process moves waiting conversations beside a running server.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { person, SECRET_KEY, startTestParley, type TestParley } from '../support/server.ts';
import { type Ran, runParley, temporaryFolder } from './run-parley.ts';

let server: TestParley;
let folder: string;

/** A workflow with two waits; the id of the second can differ. */
const workflow = (second: string) => `name: Two waits
trigger: { on: new_conversation }
steps:
  - { id: first, do: wait, until: message }
  - { id: ${second}, do: wait, until: message }
  - { id: done, do: note, body: "Done in ${second}" }
`;

before(async () => {
  server = await startTestParley();
  folder = temporaryFolder('move');
});

const parley = (...words: string[]): Promise<Ran> =>
  runParley(words, {
    settings: { PARLEY_DATABASE_URL: server.database.url, PARLEY_SECRET_KEY: SECRET_KEY },
    cwd: folder,
  });

async function apply(second: string): Promise<void> {
  writeFileSync(join(folder, 'parley.yaml'), 'workflows: [waits.yaml]');
  writeFileSync(join(folder, 'waits.yaml'), workflow(second));
  const ran = await parley('apply');
  assert.equal(ran.code, 0, ran.err);
}

/** The step at which the conversation waits, as in `first of version 1`. */
async function placeOf(externalId: string): Promise<string | undefined> {
  const [row] = await server.database.sql<{ place: string }>(
    `select (run->>'stepId') || ' of version ' || (run->>'version') as place from conversations
      where external_id = $1`,
    [externalId],
  );
  return row?.place;
}

const named = (name: string) => ({ external_conversation_id: name, contact: person(name) });

test('workflows move: moves runs whose step exists, and lists the others', async () => {
  await apply('second');
  // Running servers follow within 2 seconds.
  for (let round = 0; (await placeOf('near')) === undefined; round += 1) {
    assert.ok(round < 50, 'no workflow ran');
    const probe = named(`probe${round}`);
    await server.notify('new_conversation', probe);
    if ((await placeOf(probe.external_conversation_id)) === undefined) await pause(100);
    else await server.notify('new_conversation', named('near'));
  }
  await server.notify('new_conversation', named('far'));
  await server.notify('new_message', named('far'));
  assert.deepEqual(
    [await placeOf('near'), await placeOf('far')],
    ['first of version 1', 'second of version 1'],
  );
  await apply('another');

  const dry = await parley('workflows', 'move', 'Two waits', '--to', '2', '--dry-run', '--json');
  assert.equal(dry.code, 0, dry.err);
  const { moved, stayed, already_there } = dry.json();
  assert.ok(moved >= 1);
  assert.equal(await placeOf('near'), 'first of version 1');
  const expected = { external_conversation_id: 'far', step: 'second', version: 1 };
  assert.partialDeepStrictEqual(stayed, [
    { ...expected, reason: 'version 2 has no step "second"' },
  ]);
  assert.equal(already_there, 0);
  const requests = () =>
    server.database.sql<{ after: object; count: number }>(
      `select state_after as after, (details ->> 'conversations')::int as count from audit_log
       where action = 'workflow.move_requested' and actor_type = 'command_line'`,
    );
  assert.deepEqual(await requests(), []);

  const real = await parley('workflows', 'move', 'Two waits', '--to', '2');
  assert.equal(real.code, 1, real.err);
  assert.match(
    real.out,
    new RegExp(`^Moved ${moved} conversations to version 2; not movable: 1; already there: 0\\.`),
  );
  assert.match(real.out, /\n\d+ +far +second +1 +version 2 has no step "second"\n$/);
  assert.deepEqual(
    [await placeOf('near'), await placeOf('far')],
    ['first of version 2', 'second of version 1'],
  );
  await server.notify('new_message', named('near'));
  assert.equal(await placeOf('near'), 'another of version 2');

  assert.deepEqual(await requests(), [{ after: { version: 2 }, count: moved }]);

  const list = (await parley('workflows', 'list', '--json')).json();
  assert.deepEqual([list[0].current_version, list[0].waiting], [2, moved + 1]);
  const again = await parley('workflows', 'move', 'Two waits', '--to', '2');
  assert.match(
    again.out,
    new RegExp(`^Moved 0 conversations to version 2; not movable: 1; already there: ${moved}`),
  );
});
