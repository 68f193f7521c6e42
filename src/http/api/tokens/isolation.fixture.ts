// How another workspace's token would aim at tokens.

import type { Isolation } from '../../../../test/support/isolation.ts';

export const isolation: Isolation = {
  'POST /parley/v1/tokens': ({ adminEmail }) => ({
    body: { name: 'stolen', admin: adminEmail, scopes: ['read', 'manage'] },
  }),
  'DELETE /parley/v1/tokens/:id': ({ tokenId }) => ({ parameters: { id: tokenId } }),
};
