// Reads a tag step: the names of tags become their ids.

import { limits } from '../../../../base/limits.ts';
import type { StepOf } from '../../definition.ts';
import type { ReadingContext } from '../reading-context.ts';
import { readNext, resolveId } from '../step-fields.ts';

const TAGS_MAX = 20;

export function readTag(context: ReadingContext): StepOf<'tag'> {
  const { id, fields } = context;
  const idsOf = (key: 'add' | 'remove'): number[] => {
    const given = fields.value(key);
    const isOne = typeof given === 'string';
    const names = isOne
      ? [fields.text(key, { charactersMax: limits.nameCharactersMax })]
      : fields.texts(key, limits.nameCharactersMax, { countMax: TAGS_MAX });
    return (names ?? []).flatMap((name, index) =>
      name === undefined ? [] : [resolveId(context, 'tag', name, isOne ? [key] : [key, index])],
    );
  };
  const add = idsOf('add');
  const remove = idsOf('remove');
  if (!fields.has('add') && !fields.has('remove')) {
    fields.fault([], 'names no tag', 'write `add:` or `remove:` with the names of tags');
  }
  return { id, do: 'tag', add, remove, next: readNext(context) };
}
