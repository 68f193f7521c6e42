// Routes of the documentation: `GET /`, the OpenAPI document for programs, the reference page and the guides for
// people. The other files of this folder render them.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { readRelease } from '../../base/release.ts';
import { apiError } from '../../contract/errors.ts';
import { openApiDocument } from '../openapi/document.ts';
import { sendError } from '../server/error-response.ts';
import type { OpenRoute, Route } from '../server/route.ts';
import { homeFacts } from './home-facts.ts';
import type { Site } from './site.ts';
import { weightsOf } from './static-text.ts';

/** Builds the routes. @param others all other routes, which the reference describes. */
export function referenceRoutes(others: readonly Route[]): readonly OpenRoute[] {
  let made: Promise<Site> | undefined;
  const make = async (): Promise<Site> => {
    // Loaded only when a page is first requested.
    const { makeSite } = await import('./site.ts');
    return makeSite(openApiDocument([...others, ...own], readRelease()), readRelease());
  };
  const site = (): Promise<Site> => {
    made ??= make().catch((error) => {
      made = undefined;
      throw error;
    });
    return made;
  };
  const own: readonly OpenRoute[] = describe(site);
  return own;
}

const about = { access: 'open', method: 'GET', tag: 'Operations' } as const;
const page = (description: string) => ({ status: 200, description, contentType: 'text/html' });

const describe = (site: () => Promise<Site>): readonly OpenRoute[] => [
  {
    ...about,
    path: '/',
    operationId: 'home',
    summary: 'Describe this server',
    description: 'A browser gets a page, other clients get JSON.',
    responses: [
      {
        status: 200,
        description: 'Name, version and links.',
        contentType: 'application/json',
        example: homeFacts(readRelease()),
      },
    ],
    async handle({ request, reply }) {
      const { home } = await site();
      return (prefersPage(request) ? home.page : home.facts).send(request, reply);
    },
  },
  {
    ...about,
    path: '/openapi.json',
    operationId: 'openApiDocument',
    summary: 'Get this API as an OpenAPI 3.1 document',
    responses: [{ status: 200, description: 'The document.', contentType: 'application/json' }],
    handle: async ({ request, reply }) => (await site()).openApi.send(request, reply),
  },
  {
    ...about,
    path: '/docs',
    operationId: 'referencePage',
    summary: 'Read the reference of this API as a page',
    responses: [page('The page.')],
    handle: async ({ request, reply }) => (await site()).reference.send(request, reply),
  },
  {
    ...about,
    path: '/docs/:name',
    operationId: 'guidePage',
    summary: 'Read a guide as a page',
    description: 'With `.md` after the name, returns Markdown.',
    parameters: [
      {
        name: 'name',
        in: 'path',
        description: 'The name of the guide, as in the menu of the reference.',
        example: 'api',
      },
    ],
    responses: [
      page('The page.'),
      { status: 404, description: 'There is no such guide.', contentType: 'application/json' },
    ],
    handle: async ({ request, reply }) => sendFile(await site(), request, reply),
  },
];

async function sendFile(
  site: Site,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const file = site.files.get((request.params as { readonly name: string }).name);
  return file === undefined
    ? sendError(reply, apiError('routeNotFound'))
    : file.send(request, reply);
}

/** Whether the client is a browser: browsers accept HTML explicitly, programs such as curl accept anything. */
function prefersPage({ headers }: FastifyRequest): boolean {
  const weights = weightsOf(headers.accept ?? '');
  const html = weights.get('text/html') ?? weights.get('application/xhtml+xml') ?? 0;
  return html > 0 && html >= (weights.get('application/json') ?? 0);
}
