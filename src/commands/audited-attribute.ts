// The fields of a data attribute that the audit log shows, by their published names.

import type { AuditValues } from '../core/model/audit.ts';
import type { StoredAttribute } from '../store/resources/data-attributes.ts';

export const auditedAttribute = (attribute: StoredAttribute): AuditValues => ({
  model: attribute.model,
  name: attribute.name,
  data_type: attribute.dataType,
  description: attribute.description,
  options: attribute.options,
  messenger_writable: attribute.messengerWritable,
  archived: attribute.isArchived,
});
