// The tags of a contact or conversation: a list of ids, each once, in the order in which they were added.

export type TagChange = { readonly add: readonly number[]; readonly remove: readonly number[] };

/** The tags afterwards, with those that came and those that went. The same list when nothing changes. */
export function changeTagIds(
  tagIds: readonly number[],
  { add, remove }: TagChange,
): {
  readonly tagIds: readonly number[];
  readonly added: readonly number[];
  readonly removed: readonly number[];
} {
  const after = [...new Set([...tagIds, ...add])].filter((id) => !remove.includes(id));
  const added = after.filter((id) => !tagIds.includes(id));
  const removed = tagIds.filter((id) => !after.includes(id));
  const isSame = added.length + removed.length === 0;
  return { tagIds: isSame ? tagIds : after, added, removed };
}
