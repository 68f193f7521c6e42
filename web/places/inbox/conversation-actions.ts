// What a teammate does with a conversation: shown at once, sent with a key, taken back if the server rejects it, and
// undone by its reverse.

import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { run, useActions } from '../../actions/registry.ts';
import { openDialog } from '../../app/dialogs.tsx';
import { useViews, useWorkspace } from '../../app/workspace.tsx';
import { ask, isTemporary } from '../../live/api.ts';
import { newKey } from '../../live/kept.ts';
import { fetchNewParts, mergeRow } from '../../live/queries.ts';
import { nearTime } from '../../live/time.ts';
import type { Action, Details, Row } from '../../live/wire.ts';
import { showToast } from '../../parts/toast.tsx';
import { words } from '../../words/en.ts';
import { snoozeTimes } from './snooze-times.ts';

const RETRY_AFTER_MS = [1_000, 3_000, 10_000];

/** Sends an action until it is answered. @throws ApiFailure */
async function send(id: string, action: Action): Promise<Row> {
  const key = newKey();
  for (let attempt = 0; ; attempt += 1) {
    try {
      const path = `/conversations/${id}/actions`;
      return (await ask<{ conversation: Row }>('POST', path, { key, body: action })).conversation;
    } catch (error) {
      const waitMs = RETRY_AFTER_MS[attempt];
      if (!isTemporary(error) || waitMs === undefined) throw error;
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }
}

/** Does an action: the change shows at once and is taken back if it fails. */
async function perform(
  client: QueryClient,
  before: Row,
  action: Action,
  change: Partial<Row>,
): Promise<void> {
  mergeRow(client, { ...before, ...change });
  try {
    mergeRow(client, await send(before.id, action));
    await fetchNewParts(client, before.id);
  } catch (error) {
    mergeRow(client, before);
    showToast({ text: words.toast.failed((error as Error).message), isFailure: true });
  } finally {
    void client.invalidateQueries({ queryKey: ['views'] });
    void client.invalidateQueries({ queryKey: ['list'] });
  }
}

export function useConversationActions(details: Details): void {
  const client = useQueryClient();
  const { session } = useWorkspace();
  const { people, teams } = useViews();
  const { state, admin_assignee_id: assignee, team_assignee_id: team, holder } = details;

  const act = (action: Action, change: Partial<Row>, text: string, undo?: Action) => {
    const reverse = undo && {
      undo: () => void perform(client, { ...details, ...change }, undo, originalOf(details)),
    };
    showToast({ text, ...reverse });
    void perform(client, details, action, change);
  };
  const close = () =>
    act({ kind: 'close' }, { state: 'closed' }, words.toast.closed, { kind: 'open' });
  const assignTo = (adminId: string | null) => {
    const name = people.find(({ id }) => id === adminId)?.name;
    const text = name === undefined ? words.toast.unassigned : words.toast.assigned(name);
    const change = {
      admin_assignee_id: adminId,
      ...(adminId === null && { team_assignee_id: null }),
    };
    act({ kind: 'assign', admin_id: adminId }, change, text, assignmentOf(details));
  };
  const assignToTeam = (teamId: string) => {
    const name = teams.find(({ id }) => id === teamId)?.name ?? words.panel.noTeam;
    const change = { team_assignee_id: teamId };
    act(
      { kind: 'assign', team_id: teamId },
      change,
      words.toast.assigned(name),
      assignmentOf(details),
    );
  };
  const pickAssignee = () =>
    openDialog({
      kind: 'pick',
      title: words.picker.assign,
      choices: [
        { id: 'no one', title: words.picker.noOne, icon: 'close', isCurrent: assignee === null },
        ...people.map(({ id, name }) => ({
          id: `person ${id}`,
          title: id === session.me.id ? words.picker.me(name) : name,
          person: name,
          isCurrent: id === assignee,
        })),
        ...teams.map(({ id, name }) => ({
          id: `team ${id}`,
          title: name,
          hint: words.picker.team,
          icon: 'users' as const,
          isCurrent: id === team,
        })),
      ],
      onChoose(chosen) {
        const [kind, id = ''] = chosen.split(' ');
        if (kind === 'team') assignToTeam(id);
        else assignTo(kind === 'person' ? id : null);
      },
    });
  const pickSnooze = () => {
    const now = Date.now();
    const times = snoozeTimes(new Date(now));
    openDialog({
      kind: 'pick',
      title: words.picker.snooze,
      choices: times.map(({ id, until }) => ({
        id,
        title: words.picker[id],
        hint: nearTime(until, now),
        icon: 'moon' as const,
      })),
      onChoose(chosen) {
        const until = times.find(({ id }) => id === chosen)?.until ?? now;
        const text = words.toast.snoozed(nearTime(until, now));
        const change = { state: 'snoozed' as const, snoozed_until: until };
        act({ kind: 'snooze', until }, change, text, { kind: 'open' });
      },
    });
  };
  const closeAndGoOn = () => {
    close();
    run('next');
  };
  const isClosed = state === 'closed';
  useActions({
    close: isClosed ? undefined : closeAndGoOn,
    closeStay: isClosed ? undefined : close,
    open:
      state === 'open'
        ? undefined
        : () => act({ kind: 'open' }, { state: 'open' }, words.toast.opened),
    snooze: isClosed ? undefined : pickSnooze,
    assign: pickAssignee,
    assignMe: assignee === session.me.id ? undefined : () => assignTo(session.me.id),
    takeOver:
      holder.kind === 'workflow'
        ? () => act({ kind: 'take_over' }, {}, words.toast.tookOver)
        : undefined,
  });
}

/** The action that assigns a conversation as it is. */
const assignmentOf = ({ admin_assignee_id: admin, team_assignee_id: team }: Details): Action =>
  admin === null && team !== null
    ? { kind: 'assign', team_id: team }
    : { kind: 'assign', admin_id: admin };

/** What an action may have changed, as it was. */
const originalOf = ({ state, snoozed_until, admin_assignee_id, team_assignee_id }: Details) => ({
  state,
  snoozed_until,
  admin_assignee_id,
  team_assignee_id,
});
