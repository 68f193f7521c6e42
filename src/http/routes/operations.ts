// For those who run Parley: alive, ready, metrics.

import type { OpenRoute } from '../route.ts';

const json = (status: number, description: string, example: unknown) => ({
  status,
  description,
  contentType: 'application/json',
  example,
});

export const operationRoutes: readonly OpenRoute[] = [
  {
    access: 'open',
    method: 'GET',
    path: '/healthz',
    operationId: 'health',
    summary: 'Whether the process is alive',
    tag: 'Operations',
    answers: [json(200, 'The process is alive.', { status: 'ok' })],
    handle: async () => ({ status: 'ok' }),
  },
  {
    access: 'open',
    method: 'GET',
    path: '/readyz',
    operationId: 'readiness',
    summary: 'Whether requests can be served now: 200, or 503 while the database is away',
    tag: 'Operations',
    answers: [
      json(200, 'Requests can be served.', { status: 'ready' }),
      json(503, 'The database is away, or the server is stopping.', { status: 'unavailable' }),
    ],
    async handle({ reply, dependencies }) {
      const isReady = await dependencies.isReady();
      reply.code(isReady ? 200 : 503);
      return { status: isReady ? 'ready' : 'unavailable' };
    },
  },
  {
    access: 'open',
    method: 'GET',
    path: '/metrics',
    operationId: 'metrics',
    summary: 'Prometheus metrics',
    tag: 'Operations',
    answers: [
      {
        status: 200,
        description: 'The metrics, in the text format of Prometheus.',
        contentType: 'text/plain',
      },
    ],
    async handle({ reply, dependencies }) {
      const { registry } = dependencies.metrics;
      reply.header('Content-Type', registry.contentType);
      return registry.metrics();
    },
  },
];
