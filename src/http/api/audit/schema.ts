// The response of the audit log: its entries, newest first, and the cursor of the next page.

import { Type } from 'typebox';

const nullableText = (description: string) =>
  Type.Unsafe<string | null>({ type: ['string', 'null'], description });
const nullableObject = (description: string) =>
  Type.Unsafe<object | null>({ type: ['object', 'null'], description });

const auditEntry = Type.Object(
  {
    type: Type.Literal('audit_entry'),
    id: Type.String(),
    created_at: Type.String({ description: 'In ISO 8601.' }),
    actor: Type.Object({
      type: Type.String({ description: '`admin`, `workflow`, `command_line` or `server`.' }),
      id: nullableText('The id of the admin or workflow.'),
      token: nullableObject('The access token of the request: `id` and `name`.'),
    }),
    source: nullableText(
      'The address of the client; `cli` for the command line, `start` for a server’s start.',
    ),
    action: Type.String(),
    object: Type.Object({ type: Type.String(), id: Type.String() }),
    related_id: nullableText('The other object, such as the tag that a contact got.'),
    before: nullableObject('The values that changed, before.'),
    after: nullableObject('The values that changed, after.'),
    details: nullableObject('More about the change.'),
  },
  { title: 'AuditEntry' },
);

export const auditList = Type.Object(
  {
    type: Type.Literal('list'),
    data: Type.Array(auditEntry),
    next: nullableText('The `starting_after` of the next page; null on the last one.'),
  },
  { title: 'AuditList' },
);
