// Serves the web app below /app: the page for every place in it, and the files that the page loads. Not in the route
// table, because nothing of it is an interface for programs.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { webBuild } from '../../base/web-build.ts';
import { apiError } from '../../contract/errors.ts';
import { StaticText } from '../reference/static-text.ts';
import { sendError } from '../server/error-response.ts';
import { notBuiltPage } from './not-built-page.ts';
import { findWebApp, type Theme } from './web-app.ts';
import { webPageHeaders } from './web-headers.ts';

const place = { config: { isUnavailableWhileClosing: false } };

const notBuilt = new StaticText('text/html; charset=utf-8', notBuiltPage(), {
  ...webPageHeaders,
  'Cache-Control': 'no-store',
});

/** Adds the app to the server. */
export function mountWebApp(server: FastifyInstance): void {
  server.get('/app', place, sendPage);
  server.get('/app/*', place, sendPage);
  server.get('/app/assets/:name', place, (request, reply) => {
    const { name } = request.params as { readonly name: string };
    const file = findWebApp()?.assets.get(name);
    if (file === undefined) return sendError(reply, apiError('routeNotFound'));
    return file.send(request, reply);
  });
}

function sendPage(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const app = findWebApp();
  if (app !== null) return app.pages[themeOf(request)].send(request, reply);
  reply.code(503);
  // The page loads itself again until the build is there.
  if (webBuild.isCheckout) reply.header('Refresh', '1');
  return notBuilt.send(request, reply);
}

/** The theme that the reader chose, so that the first paint has it. */
function themeOf({ headers }: FastifyRequest): Theme {
  const [, chosen] = /(?:^|;\s*)parley_theme=(light|dark)(?:;|$)/.exec(headers.cookie ?? '') ?? [];
  return chosen === 'light' || chosen === 'dark' ? chosen : 'system';
}
