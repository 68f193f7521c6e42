// Writes the changes of an apply to the audit log, in its transaction. Objects are named by their ids; admins, whose
// e-mail address and name are personal data, by nothing else.

import type { AuditActor } from '../core/model/audit.ts';
import type { Json } from '../core/model/model.ts';
import type { Connection } from '../database/pool.ts';
import { addSetupEntries } from '../store/tenancy/setup-audit.ts';
import type { FieldChange, SetupChange } from './change-plan.ts';

/** Fields of an admin that name the person. */
const personal: ReadonlySet<string> = new Set(['name', 'job_title']);
const VALUE_CHARACTERS_MAX = 200;

/** Adds an entry for each change. */
export const addSetupAudit = (
  connection: Connection,
  workspaceId: number,
  actor: AuditActor,
  changes: readonly SetupChange[],
): Promise<void> =>
  addSetupEntries(
    connection,
    workspaceId,
    actor,
    changes.map(({ kind, what, name, fields }) => {
      const shown = what === 'admin' ? fields.map(withoutPerson) : fields;
      return {
        action: `${what.replace(' ', '_')}.${kind === 'made' ? 'created' : 'updated'}`,
        objectType: what.replace(' ', '_'),
        name,
        before: kind === 'made' ? null : valuesOf(shown, ({ from }) => from),
        after: valuesOf(shown, ({ to }) => to),
        details: what === 'admin' ? null : { name },
      };
    }),
  );

const withoutPerson = (change: FieldChange): FieldChange =>
  personal.has(change.field) ? { ...change, from: change.from && '…', to: '…' } : change;

const valuesOf = (
  fields: readonly FieldChange[],
  read: (change: FieldChange) => string | null,
): { readonly [name: string]: Json } =>
  Object.fromEntries(
    fields.map((change) => [change.field, read(change)?.slice(0, VALUE_CHARACTERS_MAX) ?? null]),
  );
