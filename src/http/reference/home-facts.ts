// The JSON that `GET /` returns to programs: no stored data, and nothing that changes while the server runs.

import type { Release } from '../../base/release.ts';

export const homeFacts = ({ version }: Release) => ({
  name: 'Parley',
  version,
  docs: '/docs',
  openapi: '/openapi.json',
  health: '/healthz',
  ready: '/readyz',
});
