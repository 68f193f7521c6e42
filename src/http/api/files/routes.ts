// Uploads, and the links by which files are served.

import { ok } from '../../../base/result.ts';
import { presentAttachment } from '../../../core/presenters/attachment.ts';
import { orUnavailable } from '../../server/database-unavailable.ts';
import type { ApiRoute, OpenRoute } from '../../server/route.ts';
import { readUpload } from '../../server/upload.ts';
import { uploadSchema } from './schema.ts';
import { serveFile } from './serve-file.ts';

const exampleUpload = {
  type: 'upload',
  id: '5f0c6d9b2a7e41c8a3d4e5f60718293a',
  name: 'receipt.png',
  url:
    'https://parley.example/parley/v1/files/1/5f0c6d9b2a7e41c8a3d4e5f60718293a' +
    '?expires=1795086400&signature=q7mPq0mTx2',
  content_type: 'image/png',
  filesize: 48_213,
  width: null,
  height: null,
  state: 'stored',
};

const REPEAT = 'Service temporarily unavailable: upload the file again, which is safe';

export const uploadRoutes: readonly ApiRoute[] = [
  {
    access: 'token',
    scope: 'write',
    method: 'POST',
    path: '/parley/v1/uploads',
    operationId: 'uploadFile',
    summary: 'Upload a file for a reply',
    description:
      'One file as `multipart/form-data`, in a field of any name. Name its `id` in `upload_ids` of a reply within ' +
      '24 hours; an upload that no reply has taken by then is removed. Uploading again is safe: it makes another file.',
    tag: 'Files',
    isUpload: true,
    response: uploadSchema,
    responseExample: exampleUpload,
    errors: [
      'contentTypeNotMultipart',
      'uploadMalformed',
      'bodyTooLarge',
      'fileTooLarge',
      'fileTypeRejected',
      'filesFull',
      'filesUnavailable',
      'requestTimeout',
    ],
    handle: (call) =>
      orUnavailable(call, REPEAT, async () => {
        const { files } = call.dependencies;
        const { workspaceId } = call.principal;
        const saved = await readUpload(call, {
          save: (file) => files.save(workspaceId, file),
          giveUp: ({ id }) => files.giveUp(workspaceId, [id]),
        });
        return saved.ok ? ok(presentAttachment(saved.value)) : saved;
      }),
  },
];

export const fileRoutes: readonly OpenRoute[] = [
  {
    access: 'open',
    method: 'GET',
    path: '/parley/v1/files/:workspace_id/:id',
    operationId: 'getFile',
    summary: 'Get a file by its signed link',
    description:
      'Use the `url` of an attachment as it is. Supports ranges, `If-None-Match` and `HEAD`. Images, audio and video ' +
      'are shown in place; everything else is a download.',
    tag: 'Files',
    parameters: [
      { name: 'workspace_id', in: 'path', description: 'From the link.', example: '1' },
      {
        name: 'id',
        in: 'path',
        description: 'From the link.',
        example: '5f0c6d9b2a7e41c8a3d4e5f60718293a',
      },
      {
        name: 'expires',
        in: 'query',
        description: 'Until when the link is valid, in unix seconds.',
      },
      { name: 'signature', in: 'query', description: 'Proves that Parley made the link.' },
    ],
    responses: [
      { status: 200, description: 'The whole file.', contentType: 'application/octet-stream' },
      { status: 206, description: 'The range.', contentType: 'application/octet-stream' },
      { status: 403, description: 'The link has expired.', contentType: 'application/json' },
      { status: 404, description: 'There is no such file.', contentType: 'application/json' },
      { status: 503, description: 'The store of files is away.', contentType: 'application/json' },
    ],
    handle: serveFile,
  },
];
