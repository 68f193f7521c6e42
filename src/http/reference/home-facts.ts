// What `GET /` tells programs. Nothing of what this server keeps, and nothing that changes while it runs.

import type { Release } from '../../base/release.ts';

export const homeFacts = ({ version }: Release) => ({
  name: 'Parley',
  version,
  docs: '/docs',
  openapi: '/openapi.json',
  health: '/healthz',
  ready: '/readyz',
});
