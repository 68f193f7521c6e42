// How another workspace's token would aim at channels and their callbacks.

import type { Isolation } from '../../../../test/support/isolation.ts';

const ofChannel = ({ channelId }: { readonly channelId: string }) => ({
  parameters: { id: channelId },
});

export const isolation: Isolation = {
  'POST /parley/v1/channels': () => ({ body: { name: '' } }),
  'GET /parley/v1/channels/:id': ofChannel,
  'PUT /parley/v1/channels/:id': (victim) => ({ ...ofChannel(victim), body: { enabled: false } }),
  'PUT /parley/v1/channels/:id/callback': (victim) => ({
    ...ofChannel(victim),
    body: { url: 'https://elsewhere.example/events' },
  }),
  'DELETE /parley/v1/channels/:id/callback': ofChannel,
  'POST /parley/v1/channels/:id/callback/disable': ofChannel,
  'POST /parley/v1/channels/:id/callback/enable': ofChannel,
  'POST /parley/v1/channels/:id/rotate_secret': (victim) => ({ ...ofChannel(victim), body: {} }),
  'POST /parley/v1/channels/:id/ping': ofChannel,
};
