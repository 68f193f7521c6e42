// What the feed of the web app tells of a group: the conversations that it changed, in workspaces whose teammates use
// the app. For all others nothing is written.

import type { Part } from '../core/model/model.ts';
import type { GroupWrite, InboxChange } from '../store/engine/group-write.ts';
import type { EngineSetup } from './workspace-setups.ts';

/** Longer than an open page leaves between two notes of its use. */
const IN_USE_MS = 36 * 3_600_000;

const none: readonly InboxChange[] = [];

/** Lists the changes, one row for each workspace. */
export function inboxChangesOf(
  { conversations, outcomes }: Pick<GroupWrite, 'conversations' | 'outcomes'>,
  setups: ReadonlyMap<number, EngineSetup>,
): readonly InboxChange[] {
  let changes: Map<number, { ids: number[]; versions: number[]; kinds: number[] }> | undefined;
  for (const { workspaceId, id, readVersion, updatedAt } of conversations) {
    const usedAt = setups.get(workspaceId)?.inboxUsedAt ?? null;
    if (usedAt === null || updatedAt - usedAt > IN_USE_MS) continue;
    changes ??= new Map();
    const change = changes.get(workspaceId) ?? { ids: [], versions: [], kinds: [] };
    changes.set(workspaceId, change);
    change.ids.push(id);
    change.versions.push(readVersion + 1);
    change.kinds.push(kindsOf(id, outcomes));
  }
  if (changes === undefined) return none;
  return [...changes].map(([workspaceId, { ids: conversationIds, versions, kinds }]) => ({
    ...{ workspaceId, conversationIds, versions, kinds },
  }));
}

/** What happened in a conversation, as bits that the web app knows. */
function kindsOf(id: number, outcomes: GroupWrite['outcomes']): number {
  let kinds = 0;
  for (const { outcome } of outcomes) {
    if (outcome.conversation.id !== id) continue;
    for (const part of outcome.parts) kinds |= kindOf(part);
  }
  return kinds;
}

/** 1: the contact wrote; 2: a teammate answered; 4: a note; 8: a workflow or the system acted; 16: anything else. */
function kindOf({ author, partType }: Part): number {
  if (author.type === 'user' || author.type === 'lead') return 1;
  if (author.type === 'bot') return 8;
  if (partType === 'note') return 4;
  return partType === 'comment' || partType === 'quick_reply' ? 2 : 16;
}
