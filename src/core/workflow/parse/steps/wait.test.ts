// Faults of a wait for a time of day, and the step that it becomes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { acceptEveryName, readDefinition } from '../definition-reader.ts';

const read = (steps: string) =>
  readDefinition(
    { name: 'W', trigger: { on: 'new_message' }, steps: parse(steps) },
    acceptEveryName,
  );

const faults: readonly (readonly [what: string, steps: string, finding: RegExp])[] = [
  [
    'a time of day that is none',
    '- { id: a, do: wait, until: "24:00" }',
    /until cannot be "24:00": write message, or a time in quotes from "00:00" to "23:59"$/,
  ],
  [
    'a time of day as a number',
    '- { id: a, do: wait, until: 900 }',
    /until cannot be the number 900: write message, or a time/,
  ],
  [
    'a zone that does not exist',
    '- { id: a, do: wait, until: "09:00", zone: Europe/Berln }',
    /^a steps.0.zone is no time zone: "Europe\/Berln": did you mean "Europe\/Berlin"\?$/,
  ],
  [
    'an offset for a zone',
    '- { id: a, do: wait, until: "09:00", zone: "+02:00" }',
    /zone is no time zone: "\+02:00": write an IANA name such as Europe\/Berlin$/,
  ],
  [
    'a zone for a message',
    '- { id: a, do: wait, until: message, zone: UTC }',
    /zone goes with a time such as `until: "09:00"` only/,
  ],
  [
    'days for a duration',
    '- { id: a, do: wait, for: 2s, days: [mon] }',
    /days goes with a time such as/,
  ],
  [
    'a day that does not exist',
    '- { id: a, do: wait, until: "09:00", days: [Monday] }',
    /days.0 is not a day: "Monday": write mon$/,
  ],
  [
    'a day twice',
    '- { id: a, do: wait, until: "09:00", days: [mon, mon] }',
    /days names a day twice/,
  ],
  ['no day', '- { id: a, do: wait, until: "09:00", days: [] }', /days is empty/],
  [
    'a timeout of a time of day',
    '- { id: a, do: wait, until: "09:00", timeout: { after: 3s } }',
    /timeout goes with `until: message` only/,
  ],
];

for (const [what, steps, finding] of faults) {
  test(`wait: ${what} gives one finding`, () => {
    const result = read(steps);
    assert.ok(!result.ok);
    const shown = result.error.map(
      ({ step, path, reason, remedy }) => `${step} ${path.join('.')} ${reason}: ${remedy}`,
    );
    assert.equal(shown.length, 1, shown.join('\n'));
    assert.match(shown[0]!, finding);
  });
}

test('wait: reads a time of day as minutes and days of the week', () => {
  const result = read(
    '- { id: a, do: wait, until: "9:05", zone: europe/berlin, days: [sun, fri, mon] }\n- { id: b, do: wait, until: 23:59 }',
  );
  assert.ok(result.ok, JSON.stringify(result));
  assert.deepEqual(result.value.definition.steps, [
    {
      id: 'a',
      do: 'wait_until',
      minuteOfDay: 545,
      weekdays: [0, 1, 5],
      zone: 'europe/berlin',
      next: 'b',
    },
    {
      id: 'b',
      do: 'wait_until',
      minuteOfDay: 1439,
      weekdays: [0, 1, 2, 3, 4, 5, 6],
      zone: null,
      next: null,
    },
  ]);
});
