// The files that a request names: as base64, as uploads, or by their addresses. Makes them attachments of the part that
// the request adds; bytes are saved before it, addresses are fetched after it (src/jobs/file-fetches.ts).

import { fail, ok, type Result } from '../../base/result.ts';
import { apiError, type ContractError } from '../../contract/errors.ts';
import type { Attachment } from '../../core/model/file.ts';
import { isFileId } from '../../files/file-store.ts';
import { type Files, fileNameOf, newFileId } from '../../files/files.ts';
import { findUsableFiles } from '../../store/resources/files.ts';
import { readAs } from '../../store/sql/row-level-security.ts';
import { orUnavailable } from './database-unavailable.ts';
import type { AuthenticatedCall } from './route.ts';

type GivenFile = { readonly name: string; readonly bytes: Buffer };

type WantedFiles = {
  readonly given: readonly GivenFile[];
  readonly uploadIds: readonly string[];
  readonly urls: readonly string[];
};

type FilesBody = {
  readonly attachment_files?: readonly { readonly name: string; readonly data: string }[] | null;
  readonly attachment_urls?: readonly string[] | null;
  readonly upload_ids?: readonly string[] | null;
};

const UNAVAILABLE = 'Service temporarily unavailable, nothing was done: retry';

/** Reads the files of a body. */
export function readWantedFiles(body: FilesBody): Result<WantedFiles, ContractError> {
  const given: GivenFile[] = [];
  for (const [index, { name, data }] of (body.attachment_files ?? []).entries()) {
    const bytes = decodeBase64(data);
    if (bytes === null) {
      const field = `attachment_files.${index}.data`;
      return fail(apiError('parameterInvalid', field, `${field} must be base64`));
    }
    given.push({ name, bytes });
  }
  return ok({ given, uploadIds: body.upload_ids ?? [], urls: body.attachment_urls ?? [] });
}

/** Decodes base64, with or without line breaks and padding; Node itself skips whatever it does not know. */
function decodeBase64(text: string): Buffer | null {
  const data = /\s/.test(text) ? text.replaceAll(/\s/g, '') : text;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(data)) return null;
  const bytes = Buffer.from(data, 'base64');
  return bytes.length > 0 ? bytes : null;
}

/** Names the files that Parley will fetch. */
export const attachmentsToFetch = (
  { place }: Files,
  urls: readonly string[] | null | undefined,
): readonly Attachment[] =>
  (urls ?? []).map((url) => ({
    id: newFileId(),
    name: fileNameOf(lastSegment(url)),
    state: 'fetching',
    contentType: null,
    size: null,
    failure: null,
    toFetch: { url, place },
  }));

function lastSegment(url: string): string {
  const path = URL.parse(url)?.pathname.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/**
 * Saves what is to be saved and does the work with the attachments: files, then uploads, then addresses. If the work
 * fails, what was saved for it goes.
 */
export async function withAttachments<Value>(
  call: AuthenticatedCall,
  wanted: WantedFiles,
  work: (attachments: readonly Attachment[]) => Promise<Result<Value, ContractError>>,
): Promise<Result<Value, ContractError>> {
  const { dependencies, principal } = call;
  const { files } = dependencies;
  const { given, uploadIds, urls } = wanted;
  if (given.length + uploadIds.length + urls.length === 0) return work([]);
  if (!files.links.canSign) return fail(apiError('filesUnavailable'));
  const { workspaceId } = principal;
  const uploads = await orUnavailable(call, UNAVAILABLE, () => findUploads(call, uploadIds));
  if (!uploads.ok) return uploads;
  const saved: Attachment[] = [];
  const giveUp = () =>
    files.giveUp(
      workspaceId,
      saved.map(({ id }) => id),
    );
  for (const { name, bytes } of given) {
    const stored = await orUnavailable(call, UNAVAILABLE, () =>
      files.save(workspaceId, { name, bytes: onlyChunk(bytes) }),
    );
    if (!stored.ok) {
      await giveUp();
      return stored;
    }
    saved.push(stored.value);
  }
  const done = await work([...saved, ...uploads.value, ...attachmentsToFetch(files, urls)]);
  if (!done.ok && done.error.status < 500) await giveUp();
  return done;
}

async function* onlyChunk(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

async function findUploads(
  { dependencies, principal: { workspaceId } }: AuthenticatedCall,
  ids: readonly string[],
): Promise<Result<readonly Attachment[], ContractError>> {
  if (ids.length === 0) return ok([]);
  const found = await readAs(dependencies.readPool, workspaceId, (connection) =>
    findUsableFiles(connection, workspaceId, ids.filter(isFileId)),
  );
  const uploads = ids.map((id) => found.get(id));
  const missing = uploads.indexOf(undefined);
  return missing === -1
    ? ok(uploads as readonly Attachment[])
    : fail(
        apiError('fileNotFound', `upload_ids.${missing}`, 'There is no such upload, or no longer'),
      );
}
