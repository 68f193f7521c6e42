// Requests by which another workspace's token would reach data attributes.

import type { Isolation } from '../../../../test/support/isolation.ts';

export const isolation: Isolation = {
  'POST /data_attributes': ({ otherAdminId }) => ({
    body: { name: `Plan ${otherAdminId}`, model: 'contact', data_type: 'string' },
  }),
  'PUT /data_attributes/:id': ({ dataAttributeId }) => ({
    parameters: { id: dataAttributeId },
    body: { archived: true },
  }),
};
