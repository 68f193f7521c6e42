// The events of docs/events.md are valid by their schemas, and its lists match the code.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { ephemeralEvents, loggedEvents } from '../../src/contract/outbound-events.ts';
import { readEventId } from '../../src/core/conversation/outbound-event-id.ts';
import { defaultRetryDelaysMs } from '../../src/core/retry-schedule.ts';
import { root } from './examples.ts';

const page = readFileSync(join(root, 'docs/events.md'), 'utf8');
const schemas = { ...loggedEvents, ...ephemeralEvents };

test('docs/events.md: each event is valid by its schema and names its conversation', () => {
  const shown = [...page.matchAll(/<!-- event: (\w+) -->\n+```json\n([\s\S]*?)\n```/g)];
  assert.ok(shown.length >= 2);
  for (const [, name, text] of shown) {
    const event = JSON.parse(text!);
    const check = new Ajv2020({ strict: false }).compile(schemas[name as keyof typeof schemas]);
    assert.ok(check(event), JSON.stringify(check.errors));
    assert.deepEqual(readEventId(event.event_id), {
      conversationId: Number(event.conversation_id),
      sequence: event.sequence,
    });
  }
});

test('docs/events.md: lists exactly the events that exist', () => {
  const section = page.slice(page.indexOf('## All events'), page.indexOf('The rest in short'));
  const listed = [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name!);
  assert.deepEqual(listed.toSorted(), Object.keys(schemas).toSorted());
});

test('docs/events.md: states the retry schedule that is used', () => {
  const [, text] = /Parley retries after ([\s\S]*?), with some jitter/.exec(page) ?? [];
  const units = { s: 1000, m: 60_000, h: 3_600_000 };
  const shown = [...text!.matchAll(/(\d+)\s+(s|m|h)\b/g)].map(
    ([, number, unit]) => Number(number) * units[unit as keyof typeof units],
  );
  assert.deepEqual(shown, defaultRetryDelaysMs);
});
