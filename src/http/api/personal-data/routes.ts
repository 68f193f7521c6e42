// Personal data: the export of a contact, and the removal of those that were deleted.

import { exportContact } from '../../../management/contact-export.ts';
import { erasuresMax, listErasures } from '../../../management/erasures.ts';
import { operationRoute } from '../../server/operation-route.ts';
import type { ApiRoute } from '../../server/route.ts';
import { contactExport, erasureList } from './schema.ts';

export const personalDataRoutes: readonly ApiRoute[] = [
  operationRoute(listErasures, {
    operationId: 'listErasures',
    summary: 'List the deleted contacts, and how far the removal of their data is',
    description: `The newest ${erasuresMax}. It is proof that the data of a contact was removed, and when.`,
    response: erasureList,
    responseExample: {
      type: 'list',
      data: [
        {
          type: 'erasure',
          contact_id: '6a11c0de000000000003e800',
          stage: 'done',
          requested_at: '2026-12-01T09:30:00.000Z',
          finished_at: '2026-12-09T09:31:00.000Z',
          conversations_left: 0,
        },
      ],
    },
    errors: [],
  }),
  operationRoute(exportContact, {
    operationId: 'exportContact',
    summary: 'Export what is known about a contact',
    description:
      'One JSON document for the person, with the rows as they are stored. Words of other contacts in shared ' +
      'conversations are left out.',
    parameters: [
      {
        name: 'contact',
        in: 'query',
        description: 'Its id, its external id, or its e-mail address.',
        example: 'user_001',
      },
    ],
    response: contactExport,
    responseExample: {
      format: 'parley-contact',
      format_version: 1,
      exported_at: '2026-12-01T09:30:00.000Z',
      contact: { id: '6a11c0de000000000003e800', external_id: 'user_001', name: 'Jane Doe' },
      ...{ merged_leads: [], tags: ['VIP'], companies: [], notes: [], conversations: [] },
      ...{ files: [], app_events: [], keyed_requests: [], audit: [] },
    },
    errors: ['parameterInvalid', 'parameterRequired', 'contactNotFound', 'contactConflict'],
  }),
];
