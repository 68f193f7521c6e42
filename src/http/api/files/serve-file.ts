// Serves a file by its signed link: whole or a range, to be shown in place only if it cannot harm, and never as
// anything but what its bytes are.

import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { apiError } from '../../../contract/errors.ts';
import { readId } from '../../../contract/read-id.ts';
import { isShownInline } from '../../../files/content-type.ts';
import {
  type ByteRange,
  type FileKey,
  FileStoreUnavailable,
  isFileId,
} from '../../../files/file-store.ts';
import type { Files } from '../../../files/files.ts';
import { findFile, type ServedFile } from '../../../store/resources/files.ts';
import { readAs } from '../../../store/sql/row-level-security.ts';
import { sendError } from '../../server/error-response.ts';
import type { Call } from '../../server/route.ts';

/** Seconds after which a file that is being fetched is probably there. */
const FETCHING_SECONDS = '2';

const AWAY = 'Service temporarily unavailable: get the file again';

type Sendable = ServedFile & { readonly size: number; readonly contentType: string };

export async function serveFile(call: Call): Promise<unknown> {
  const { request, reply, dependencies } = call;
  const { readPool, log } = dependencies;
  const { workspace_id: workspaceId, id } = request.params as Record<string, string>;
  const key = { workspaceId: readId(workspaceId!), id: id! };
  if (!hasValidLink(call, key)) return sendError(reply, apiError('fileLinkInvalid'));
  const file = await readAs(readPool, key.workspaceId, (connection) => findFile(connection, key));
  if (file?.state === 'fetching') reply.header('Retry-After', FETCHING_SECONDS);
  if (file?.state !== 'stored') return sendError(reply, apiError('fileNotFound'));
  const sendable = file as Sendable;

  const etag = `"${file.sha256Hex}"`;
  const headers = { ...headersOf(sendable), ETag: etag };
  if (isKnown(request.headers['if-none-match'], etag))
    return reply.code(304).headers(headers).send();
  const range = wantedRange(request.headers, sendable.size, etag);
  if (range === 'unsatisfiable') {
    return reply.code(416).header('Content-Range', `bytes */${sendable.size}`).send();
  }
  const hasBytes = request.method !== 'HEAD' && sendable.size > 0;
  const opened = hasBytes ? await open(call, key.workspaceId, file, range) : undefined;
  if (opened === 'unavailable') return sendError(reply, apiError('serviceUnavailable', null, AWAY));
  if (opened === null) {
    log.error({ ...key, place: file.place }, 'files.bytes_missing');
    return sendError(reply, apiError('fileNotFound'));
  }
  const { start, end } = range ?? { start: 0, end: sendable.size - 1 };
  const all: OutgoingHttpHeaders = {
    ...(reply.getHeaders() as OutgoingHttpHeaders),
    ...headers,
    'Content-Length': end - start + 1,
    ...(range === null ? {} : { 'Content-Range': `bytes ${start}-${end}/${sendable.size}` }),
  };
  reply.hijack();
  reply.raw.writeHead(range === null ? 200 : 206, all);
  if (opened === undefined) reply.raw.end();
  // A client that leaves, or bytes that end early: the length tells the client that something is missing.
  else await pipeline(opened, reply.raw).catch(() => {});
  return reply;
}

/** Opens the bytes; null if they are not there. */
async function open(
  { dependencies, request }: Call,
  ...[workspaceId, file, range]: Parameters<Files['open']>
): Promise<Readable | null | 'unavailable'> {
  try {
    return await dependencies.files.open(workspaceId, file, range);
  } catch (error) {
    if (!(error instanceof FileStoreUnavailable)) throw error;
    dependencies.log.warn({ err: error, requestId: request.id }, 'request.files_away');
    return 'unavailable';
  }
}

function hasValidLink({ request, dependencies }: Call, key: FileKey): boolean {
  const { expires, signature } = request.query as Record<string, unknown>;
  if (typeof expires !== 'string' || typeof signature !== 'string') return false;
  if (!isFileId(key.id) || key.workspaceId < 1 || !/^\d{1,12}$/.test(expires)) return false;
  return dependencies.files.links.isValid(key, Number(expires), signature);
}

function headersOf({ name, contentType }: Sendable): Record<string, string> {
  const isInline = isShownInline(contentType);
  return {
    'Content-Type': contentType === 'text/plain' ? 'text/plain; charset=utf-8' : contentType,
    'Content-Disposition': disposition(isInline ? 'inline' : 'attachment', name),
    'X-Content-Type-Options': 'nosniff',
    // Even if a browser runs it, it runs without an origin.
    'Content-Security-Policy': "default-src 'none'; sandbox",
    // Pages of the app show it.
    'Cross-Origin-Resource-Policy': 'cross-origin',
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': 'private, no-cache',
    'Accept-Ranges': 'bytes',
  };
}

/** Writes Content-Disposition (RFC 6266): a name in ASCII for old clients, and the whole one. */
export function disposition(kind: 'inline' | 'attachment', name: string): string {
  const ascii = name.replaceAll(/[^\x20-\x7e]|["\\%]/g, '_');
  const whole = encodeURIComponent(name.toWellFormed()).replaceAll(
    /['()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${kind}; filename="${ascii}"; filename*=UTF-8''${whole}`;
}

const isKnown = (header: string | undefined, etag: string): boolean =>
  (header ?? '')
    .split(',')
    .map((one) => one.trim().replace(/^W\//, ''))
    .some((one) => one === '*' || one === etag);

/** Reads the range. Several ranges, other units and ranges of another version count as none (RFC 9110, 14.2). */
function wantedRange(
  { range: header, 'if-range': ifRange }: IncomingHttpHeaders,
  size: number,
  etag: string,
): ByteRange | null | 'unsatisfiable' {
  if (header === undefined || (ifRange !== undefined && ifRange !== etag)) return null;
  const [, from = '', to = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header.trim()) ?? [];
  if (from === '' && to === '') return null;
  const start = from === '' ? Math.max(size - Number(to), 0) : Number(from);
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (from !== '' && to !== '' && Number(to) < Number(from)) return null;
  return start > end || start >= size ? 'unsatisfiable' : { start, end };
}
