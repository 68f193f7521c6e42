// The response of an upload: the file as an attachment.

import { Type } from 'typebox';
import { attachmentSchema } from '../../../contract/schema-pieces.ts';

export const uploadSchema = Type.Object(attachmentSchema.properties, {
  title: 'Upload',
  description: 'An attachment that no part has yet.',
});
