// Routes for operators: health, readiness, metrics.

import { jsonHeaders } from '../server/error-response.ts';
import type { OpenRoute } from '../server/route.ts';

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
    isExact: true,
    operationId: 'health',
    summary: 'Check whether the process is alive',
    tag: 'Operations',
    responses: [json(200, 'The process is alive.', { status: 'ok' })],
    async handle({ reply }) {
      reply.headers(jsonHeaders);
      return { status: 'ok' };
    },
  },
  {
    access: 'open',
    method: 'GET',
    path: '/readyz',
    isExact: true,
    operationId: 'readiness',
    summary: 'Check whether requests can be served: 200, or 503 while the database is unavailable',
    tag: 'Operations',
    responses: [
      json(200, 'Requests can be served.', { status: 'ready' }),
      json(503, 'The database is unavailable, or the server is stopping.', {
        status: 'unavailable',
      }),
    ],
    async handle({ reply, dependencies }) {
      const isReady = await dependencies.isReady();
      reply.code(isReady ? 200 : 503).headers(jsonHeaders);
      return { status: isReady ? 'ready' : 'unavailable' };
    },
  },
  {
    access: 'open',
    method: 'GET',
    path: '/metrics',
    isExact: true,
    operationId: 'metrics',
    summary: 'Prometheus metrics',
    tag: 'Operations',
    responses: [
      {
        status: 200,
        description: 'The metrics, in the text format of Prometheus.',
        contentType: 'text/plain',
      },
    ],
    async handle({ reply, dependencies }) {
      const { contentType, text } = dependencies.metrics;
      reply.headers({ ...jsonHeaders, 'Content-Type': contentType });
      return text();
    },
  },
];
