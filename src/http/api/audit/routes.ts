// The audit log: who did what, when and from where.

import { limits } from '../../../base/limits.ts';
import { auditPerPage, listAudit } from '../../../management/audit.ts';
import { operationRoute } from '../../server/operation-route.ts';
import type { ApiRoute } from '../../server/route.ts';
import { auditList } from './schema.ts';

const text = (name: string, description: string, example: string) =>
  ({ name, in: 'query', description, example }) as const;

export const auditRoutes: readonly ApiRoute[] = [
  operationRoute(listAudit, {
    operationId: 'listAuditEntries',
    summary: 'List who changed what, newest first',
    description:
      'Configuration, and what was deleted or cannot be undone. Entries name people by their ids, and no secrets.',
    parameters: [
      text('object', 'Only about this object, or about all of this type.', 'channel:1'),
      text(
        'actor',
        'Only by this actor: `admin:1`, `token:3`, `workflow:2`, `command_line`.',
        'admin:1',
      ),
      text('action', 'Only this action.', 'channel.updated'),
      text('since', 'Only from this time on, in ISO 8601.', '2026-12-01T00:00:00Z'),
      {
        ...text('per_page', `How many on one page: ${auditPerPage} unless given.`, '20'),
        schema: { type: 'integer', minimum: 1, maximum: limits.perPageMax },
      },
      text('starting_after', 'The cursor of the page, from `next`.', ''),
    ],
    response: auditList,
    responseExample: {
      type: 'list',
      data: [
        {
          type: 'audit_entry',
          id: '12',
          created_at: '2026-12-01T09:30:00.000Z',
          actor: { type: 'admin', id: '1', token: { id: '3', name: 'operations' } },
          source: '192.0.2.7',
          action: 'channel.updated',
          object: { type: 'channel', id: '1' },
          related_id: null,
          before: { enabled: 'on' },
          after: { enabled: 'off' },
          details: { name: 'default' },
        },
      ],
      next: null,
    },
    errors: ['parameterInvalid', 'pageCursorInvalid'],
  }),
];
