// An entry of the audit log: who did what to which object. It is written together with the change.

import type { Json } from './model.ts';

/** From where a request came. */
export type AuditOrigin = {
  /** The access token of the request; null if it had none. */
  readonly tokenId: number | null;
  /** The address of the client; `cli` for the command line, `start` for the start of a server. */
  readonly source: string;
};

export type AuditActor =
  | { readonly type: 'admin'; readonly id: string; readonly origin?: AuditOrigin }
  | { readonly type: 'workflow'; readonly id: string; readonly origin?: undefined }
  | {
      /** The command line, or a server that applies its settings: the one who runs it is not known to Parley. */
      readonly type: 'command_line' | 'server';
      readonly id: null;
      readonly origin: AuditOrigin;
    };

/** The command line. */
export const commandLine: AuditActor = {
  type: 'command_line',
  id: null,
  origin: { tokenId: null, source: 'cli' },
};

/** A server that applies its settings when it starts. */
export const startingServer: AuditActor = {
  type: 'server',
  id: null,
  origin: { tokenId: null, source: 'start' },
};

export type AuditAction =
  | 'tag.created'
  | 'tag.renamed'
  | 'tag.deleted'
  | 'data_attribute.created'
  | 'data_attribute.updated'
  | 'data_attribute.archived'
  | 'data_attribute.unarchived'
  | 'admin.away_mode_changed'
  | 'admin.invited'
  | 'admin.reset_link_made'
  | 'admin.password_set'
  | 'admin.sessions_ended'
  | 'admin.disabled'
  | 'admin.enabled'
  | 'session.started'
  | 'session.ended'
  | 'company.created'
  | 'company.updated'
  | 'company.deleted'
  | 'company.tagged'
  | 'company.untagged'
  | 'contact.tagged'
  | 'contact.untagged'
  | 'contact.merged'
  | 'contact.archived'
  | 'contact.unarchived'
  | 'contact.blocked'
  | 'contact.deleted'
  | 'contact.company_attached'
  | 'contact.company_detached'
  | 'note.created'
  | 'conversation.tagged'
  | 'conversation.untagged'
  | 'conversation.contact_attached'
  | 'conversation.contact_detached'
  | 'conversation.part_redacted'
  | 'conversation.deleted'
  | 'workspace.created'
  | 'token.created'
  | 'token.revoked'
  | 'channel.created'
  | 'channel.updated'
  | 'channel.secret_rotated'
  | 'workflow.version_chosen'
  | 'workflow.move_requested'
  | 'event.resend_requested'
  | 'event.send_now_requested'
  | 'dead_letter.discarded'
  | SetupAction;

/** What `parley apply` writes about the objects of its file. */
type SetupAction =
  `${'workspace' | 'admin' | 'team' | 'tag' | 'data_attribute' | 'channel' | 'secret' | 'workflow'}.${'created' | 'updated'}`;

export type AuditObject =
  | 'workspace'
  | 'token'
  | 'channel'
  | 'workflow'
  | 'team'
  | 'secret'
  | 'tag'
  | 'company'
  | 'admin'
  | 'session'
  | 'contact'
  | 'conversation'
  | 'data_attribute'
  | 'note';

export type AuditEntry = {
  readonly action: AuditAction;
  readonly actor: AuditActor;
  readonly object: { readonly type: AuditObject; readonly id: string };
  /** The other object of the entry, such as the tag that a contact got; null: none. */
  readonly relatedId: string | null;
  /** The values that changed, before and after: never a secret, personal data only by ids. */
  readonly before?: AuditValues;
  readonly after?: AuditValues;
  /** Further details, by their published names where there are any. */
  readonly details?: { readonly [name: string]: Json };
};

export type AuditValues = { readonly [name: string]: Json };

/** Returns the values that differ, as an entry shows them. */
export function changedValues(
  before: AuditValues,
  after: AuditValues,
): { readonly before: AuditValues; readonly after: AuditValues } {
  const isChanged = (name: string) => JSON.stringify(before[name]) !== JSON.stringify(after[name]);
  const pick = (values: AuditValues) =>
    Object.fromEntries(Object.entries(values).filter(([name]) => isChanged(name)));
  return { before: pick(before), after: pick(after) };
}
