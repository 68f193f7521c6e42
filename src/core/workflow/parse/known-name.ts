// Checks whether a path in a template or condition can ever have a value: a standard field, or an attribute that the
// workspace defines.

import { factTable } from '../run/facts.ts';
import type { NameResolver } from './reading-context.ts';

/** Whether a path such as `contact.name` or `attributes.plan` names something. */
export function isKnownName(names: NameResolver, path: string): boolean {
  if (factTable.fields.has(path)) return true;
  const [, model, name] =
    /^(?:(contact|conversation)\.custom_attributes|attributes)\.(.+)$/s.exec(path) ?? [];
  if (name === undefined) return false;
  const models = (['contact', 'conversation'] as const).filter(
    (one) => model === undefined || one === model,
  );
  return models.some((one) => names.attribute(one, name) !== undefined);
}
