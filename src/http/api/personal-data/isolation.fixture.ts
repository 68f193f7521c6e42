// How another workspace's token would aim at the export of a contact.

import type { Isolation } from '../../../../test/support/isolation.ts';

export const isolation: Isolation = {
  'GET /parley/v1/contact_export': ({ externalId }) => ({ query: `?contact=${externalId}` }),
};
