// `parley dead-letters discard`: removes undeliverable events from the dead letters for good.

import { readDuration } from '../../base/text-files/duration.ts';
import { commandLine } from '../../core/model/audit.ts';
import {
  countDeadLetters,
  discardDeadLetters,
  discardedAtOnceMax,
} from '../../store/outbox/dead-letters.ts';
import { changeAudited } from '../../store/resources/audited-change.ts';
import { type Command, type CommandCall, CommandFailed } from '../kit/command.ts';
import { workspaceOption } from '../kit/find-or-fail.ts';
import { counted } from '../kit/print.ts';
import { textOption } from '../kit/read-options.ts';
import { withStore } from '../kit/with-database.ts';
import { allDeadOrFail, scopeOf } from './dead-letters.ts';
import { EVENTS_NAMED_MAX } from './events-resend-count.ts';
import { readEventKey } from './events-show.ts';

export const deadLettersDiscard: Command = {
  name: 'dead-letters discard',
  about: 'Remove events from the dead letters, so that they are not sent again.',
  details: [
    'The events stay in the log, for streams, polling and `parley events resend`, and `parley events attempts` shows',
    'when they were discarded. Nothing else changes: their conversations have continued without them, and the next',
    'delivered event still names the gap. Without --yes the command only counts them.',
  ].join('\n'),
  arguments: [{ name: 'event_id', about: 'The events; or --all.', isList: true }],
  options: {
    workspace: workspaceOption,
    all: { type: 'boolean', about: 'All of them, or those that the other options select.' },
    channel: { type: 'string', placeholder: 'name', about: 'With --all: only of this channel.' },
    reason: {
      type: 'string',
      placeholder: 'text',
      about: 'With --all: only those with this reason, as `summary` shows it.',
    },
    'older-than': {
      type: 'string',
      placeholder: 'duration',
      about: 'With --all: only those older than this, such as 30d.',
    },
    yes: { type: 'boolean', about: 'Discard without asking.' },
  },
  examples: [
    'parley dead-letters discard 01a1ee87-3200-7000-8000-007d20200001 --yes',
    'parley dead-letters discard --all --channel mobile-app --older-than 30d',
    'parley dead-letters discard --all --reason "status 422" --yes',
  ],
  remote: 'it reads the database itself',
  run: discard,
};

async function discard(call: CommandCall): Promise<number> {
  const isAll = call.options['all'] === true;
  const wanted = call.positionals.map(readEventKey);
  if (isAll === wanted.length > 0) {
    throw new CommandFailed('name events, or --all\nSee: parley dead-letters discard --help', 2);
  }
  const [reason, age] = [textOption(call, 'reason'), textOption(call, 'older-than')];
  for (const name of ['channel', 'reason', 'older-than']) {
    if (isAll || textOption(call, name) === undefined) continue;
    throw new CommandFailed(`--${name} requires --all`, 2);
  }
  const olderThanMs = age === undefined ? null : readAge(age);
  const isMeant = call.options['yes'] === true;
  const count = await withStore('dead-letters discard', async (pool) => {
    const scope = await scopeOf(pool, call);
    if (!isAll) await allDeadOrFail(pool, scope.workspaceId, wanted, call.positionals);
    const keys = isAll ? null : wanted;
    const choice = { ...scope, keys, reason: reason ?? null, olderThanMs };
    if (!isMeant) return countDeadLetters(pool, choice);
    return changeAudited(pool, commandLine, async (connected) => {
      let value = 0;
      for (let count = discardedAtOnceMax; count === discardedAtOnceMax; value += count) {
        count = await discardDeadLetters(connected, choice);
      }
      const { workspaceId } = scope;
      const object = { type: 'workspace', id: String(workspaceId) } as const;
      const details = {
        ...{ count: value, channel: textOption(call, 'channel') ?? null },
        ...{ reason: reason ?? null, events: call.positionals.slice(0, EVENTS_NAMED_MAX) },
      };
      const entry = { action: 'dead_letter.discarded', object, relatedId: null, details } as const;
      return { value, workspaceId, entries: value === 0 ? [] : [entry] };
    });
  });
  if (call.isJson) {
    call.print(JSON.stringify({ [isMeant ? 'discarded' : 'would_discard']: count }));
  } else if (isMeant) {
    call.print(`Discarded ${counted(count, 'event')}.`);
  }
  if (isMeant || count === 0) {
    if (count === 0 && !isMeant && !call.isJson) call.print('No dead letters.');
    return 0;
  }
  throw new CommandFailed(`this would discard ${counted(count, 'event')}: add --yes to confirm.`);
}

function readAge(text: string): number {
  const ms = readDuration(text);
  if (ms !== undefined) return ms;
  throw new CommandFailed(`--older-than must be a duration such as 30d, not "${text}"`, 2);
}
