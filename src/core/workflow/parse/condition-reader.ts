// Reads the conditions of a workflow file: the search grammar over the fields that workflows can read.

import type { FieldReader } from '../../../base/text-files/field-reader.ts';
import type { Condition } from '../../search/condition.ts';
import { parseCondition } from '../../search/parse.ts';
import { isKnownName } from './known-name.ts';
import type { ReadingContext } from './reading-context.ts';

/** Reads the condition below a key; null if there is none, or an invalid one. */
export const readCondition = (
  fields: FieldReader,
  key: string,
  { names, warn }: Pick<ReadingContext, 'names' | 'warn'>,
  isRequired = false,
): Condition | null =>
  parseCondition(fields, key, {
    isRequired,
    help: 'see the conditions in docs/workflows.md',
    checkField: (name) => {
      if (isKnownName(names, name)) return;
      const reason = `asks for "${name}", which does not exist: it is always empty`;
      const remedy = 'define the attribute in parley.yaml, or correct the name';
      warn(fields, [key], reason, remedy);
    },
  });
