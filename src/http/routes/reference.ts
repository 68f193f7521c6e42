// How the API describes itself: the OpenAPI document for programs, the reference page for people. Both are made once,
// from the other routes and these two, when the program starts.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { sha256Hex } from '../../base/random.ts';
import { readRelease } from '../../base/release.ts';
import { openApiDocument } from '../openapi.ts';
import { originMark } from '../reference/examples.ts';
import { originOf } from '../reference/origin.ts';
import { renderReference } from '../reference/page.ts';
import type { OpenRoute, Route } from '../route.ts';

/** Addresses under which a server is known, usually one or two. */
const PAGES_KEPT_MAX = 8;

/** @param others all other routes. */
export function referenceRoutes(others: readonly Route[]): readonly OpenRoute[] {
  const own: readonly OpenRoute[] = [
    {
      access: 'open',
      method: 'GET',
      path: '/openapi.json',
      operationId: 'openApiDocument',
      summary: 'This API as an OpenAPI 3.1 document',
      tag: 'Operations',
      answers: [{ status: 200, description: 'The document.', contentType: 'application/json' }],
      handle: async ({ request, reply }) => send(request, reply, json),
    },
    {
      access: 'open',
      method: 'GET',
      path: '/docs',
      operationId: 'referencePage',
      summary: 'This API as a page to read',
      tag: 'Operations',
      answers: [{ status: 200, description: 'The page.', contentType: 'text/html' }],
      async handle({ request, reply }) {
        reply.header('Content-Security-Policy', page.contentSecurityPolicy);
        reply.header('Referrer-Policy', 'no-referrer');
        reply.header('Vary', 'X-Forwarded-Proto');
        const origin = originOf(request.headers);
        return send(request, reply, {
          type: 'text/html; charset=utf-8',
          tag: `${pageTag}-${sha256Hex(origin).slice(0, 8)}`,
          content: () => pageFor(origin),
        });
      },
    },
  ];
  const document = openApiDocument([...others, ...own], readRelease());
  const text = `${JSON.stringify(document, null, 2)}\n`;
  const bytes = Buffer.from(text);
  const json: Content = {
    type: 'application/json; charset=utf-8',
    tag: sha256Hex(text).slice(0, 16),
    content: () => bytes,
  };
  const page = renderReference(document);
  const pieces = page.html.split(originMark);
  const pageTag = sha256Hex(page.html).slice(0, 16);
  /** One buffer for all who come by the same address. */
  const pages = new Map<string, Buffer>();
  const pageFor = (origin: string): Buffer => {
    const known = pages.get(origin);
    if (known !== undefined) return known;
    if (pages.size >= PAGES_KEPT_MAX) pages.delete(pages.keys().next().value!);
    const made = Buffer.from(pieces.join(origin));
    pages.set(origin, made);
    return made;
  };
  return own;
}

type Content = { readonly type: string; readonly tag: string; readonly content: () => Buffer };

/** Browsers ask again each time and are told that nothing changed. */
function send(request: FastifyRequest, reply: FastifyReply, { type, tag, content }: Content) {
  reply.header('ETag', `"${tag}"`);
  reply.header('Cache-Control', 'no-cache');
  reply.header('X-Content-Type-Options', 'nosniff');
  if (request.headers['if-none-match']?.includes(`"${tag}"`)) return reply.code(304).send();
  return reply.header('Content-Type', type).send(content());
}
