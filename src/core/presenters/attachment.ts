// An attachment as the wire shows it (contract D.2), with its id and state besides the published fields.

import { fileMark, type StoredFile } from '../model/file.ts';

export function presentAttachment(
  workspaceId: number,
  { id, name, contentType, size, state, failure }: StoredFile,
): object {
  return {
    type: 'upload',
    id,
    name,
    url: fileMark(workspaceId, id),
    content_type: contentType,
    filesize: size,
    width: null,
    height: null,
    state: shownStates[state],
    ...(failure === null ? {} : { failure }),
  };
}

/** A file that is being removed counts as failed. */
const shownStates = {
  writing: 'fetching',
  fetching: 'fetching',
  stored: 'stored',
  failed: 'failed',
  deleting: 'failed',
} as const;
