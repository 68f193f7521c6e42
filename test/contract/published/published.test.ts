// The published description as it is kept here: its own examples fit it, and each deviation names something in it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDocumentedSchemas } from '../../support/documented-schemas.ts';
import { readPublishedDescription } from '../../support/published-description.ts';
import { deviations } from './deviations.ts';

/** Examples that do not fit the schema beside them, and what is wrong with them. */
const faultyExamples: Readonly<Record<string, RegExp>> = {
  'PUT /admins/{admin_id}/away 200': /away_status_reason_id must be integer/,
  'GET /admins/activity_logs 200': /metadata\/(before|after) must be object/,
  'GET /conversations/{conversation_id} 200': /conversation_parts\/\d+\/id must be string/,
  'PUT /conversations/{conversation_id} 200': /custom_attributes\/order must be/,
};

function exampleFaults(): Map<string, string> {
  const description = readPublishedDescription(deviations, { isComplete: false });
  const compile = openDocumentedSchemas(description, { isStrict: false });
  const faults = new Map<string, string>();
  for (const [path, methods] of Object.entries(description.paths)) {
    for (const [method, { responses }] of Object.entries(methods)) {
      for (const [status, { content }] of Object.entries(responses)) {
        const { schema, examples = {} } = content?.['application/json'] ?? {};
        if (schema === undefined) continue;
        const validate = compile(schema);
        for (const { value } of Object.values(examples)) {
          if (validate(value)) continue;
          const at = `${method.toUpperCase()} ${path} ${status}`;
          const found = validate.errors!.map((error) => `${error.instancePath} ${error.message}`);
          faults.set(at, found.join('; '));
        }
      }
    }
  }
  return faults;
}

test('published examples of responses: fit their schemas, except the known faulty ones', () => {
  const faults = exampleFaults();
  assert.deepEqual([...faults.keys()].toSorted(), Object.keys(faultyExamples).toSorted());
  for (const [at, text] of faults) assert.match(text, faultyExamples[at]!, at);
});

test('deviations: have a name, a reason, and concern what is published', () => {
  assert.equal(new Set(deviations.map(({ name }) => name)).size, deviations.length);
  for (const { name, why } of deviations) assert.match(why, /^[A-Z].{30,}\.$/, name);
  const stray = { name: 'stray', why: '', mayBeNull: ['contact.no_such_property'] };
  assert.throws(
    () => readPublishedDescription([stray], { isComplete: true }),
    /has no contact\.no_such_property/,
  );
});
