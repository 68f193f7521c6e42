// The change plan of an apply: what is created, what changes from what to what, what stays unchanged, and what is
// wrong. Compares values; writes nothing.

import type { Json } from '../core/model/model.ts';
import type { SetupFinding } from './finding.ts';

export type SetupKind =
  | 'workspace'
  | 'admin'
  | 'team'
  | 'tag'
  | 'data attribute'
  | 'channel'
  | 'secret'
  | 'workflow';

/** An object that an apply creates or changes. */
export type SetupChange = {
  readonly kind: 'made' | 'changed';
  readonly what: SetupKind;
  readonly name: string;
  readonly fields: readonly FieldChange[];
};

export type FieldChange = {
  readonly field: string;
  /** Null for an object that is created. */
  readonly from: string | null;
  readonly to: string;
};

/** Stands for a hidden value. Two hidden values that differ are still a change. */
export const SECRET = '***';

/** Values by the names that people see. */
export type Values = Readonly<Record<string, Json>>;

export class ChangePlan {
  readonly changes: SetupChange[] = [];
  readonly findings: SetupFinding[] = [];
  readonly warnings: SetupFinding[] = [];
  unchangedCount = 0;

  /** Adds an object that is created. Empty values are omitted. */
  made(what: SetupKind, name: string, values: Values = {}): void {
    const fields = Object.entries(values)
      .map(([field, value]) => ({ field, from: null, to: showValue(value) }))
      .filter(({ to }) => to !== showValue(null));
    this.changes.push({ kind: 'made', what, name, fields });
  }

  /**
   * Compares the current values with the wanted ones.
   * @param hidden fields whose values are shown as ***.
   * @returns whether they differ.
   */
  compare(
    what: SetupKind,
    name: string,
    before: Values,
    after: Values,
    hidden: ReadonlySet<string> = new Set(),
  ): boolean {
    const fields = Object.entries(after)
      .map(([field, value]) => ({ field, from: showValue(before[field]!), to: showValue(value) }))
      .filter(({ from, to }) => from !== to)
      .map((one) => (hidden.has(one.field) ? { ...one, from: SECRET, to: SECRET } : one));
    return this.changed(what, name, fields);
  }

  /** Adds changes that were determined elsewhere. @returns whether there are any. */
  changed(what: SetupKind, name: string, fields: readonly FieldChange[]): boolean {
    if (fields.length === 0) this.unchangedCount += 1;
    else this.changes.push({ kind: 'changed', what, name, fields });
    return fields.length > 0;
  }
}

/** Formats a value. */
function showValue(value: Json): string {
  if (value === null) return 'none';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(showValue).join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
