// An attachment as the wire shows it (contract D.2), with its id and state besides the published fields.

import type { EventMessage } from '../../contract/outbound-events.ts';
import { fileMark, type StoredFile } from '../model/file.ts';

export function presentAttachment({
  id,
  name,
  contentType,
  size,
  state,
  failure,
}: StoredFile): PresentedAttachment {
  return {
    type: 'upload',
    id,
    name,
    url: fileMark(id),
    content_type: contentType,
    filesize: size,
    width: null,
    height: null,
    state: shownStates[state],
    ...(failure === null ? {} : { failure }),
  };
}

/** An attachment on the wire. */
type PresentedAttachment = EventMessage['attachments'][number];

/** A file that is being removed counts as failed. */
const shownStates = {
  writing: 'fetching',
  fetching: 'fetching',
  stored: 'stored',
  failed: 'failed',
  deleting: 'failed',
} as const;
