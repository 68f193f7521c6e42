// The change plan of an apply: what is created, what changes from what to what, what stays as it is, and what is wrong.
// Compares; writes nothing.

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

/** Something that an apply made or changed. */
export type SetupChange = {
  readonly kind: 'made' | 'changed';
  readonly what: SetupKind;
  readonly name: string;
  readonly fields: readonly FieldChange[];
};

export type FieldChange = {
  readonly field: string;
  /** Null for what is made. */
  readonly from: string | null;
  readonly to: string;
};

/** A hidden value. Two hidden values that differ are a change all the same. */
export const SECRET = '***';

/** Values by the names that people know them by. */
export type Values = Readonly<Record<string, Json>>;

export class ChangePlan {
  readonly changes: SetupChange[] = [];
  readonly findings: SetupFinding[] = [];
  readonly warnings: SetupFinding[] = [];
  unchangedCount = 0;

  /** Notes what is made. Empty values are not worth a word. */
  made(what: SetupKind, name: string, values: Values = {}): void {
    const fields = Object.entries(values)
      .map(([field, value]) => ({ field, from: null, to: showValue(value) }))
      .filter(({ to }) => to !== showValue(null));
    this.changes.push({ kind: 'made', what, name, fields });
  }

  /**
   * Compares what is there with what is wanted.
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

  /** Notes changes that were found elsewhere. @returns whether there are any. */
  changed(what: SetupKind, name: string, fields: readonly FieldChange[]): boolean {
    if (fields.length === 0) this.unchangedCount += 1;
    else this.changes.push({ kind: 'changed', what, name, fields });
    return fields.length > 0;
  }
}

/** A value in a few words. */
function showValue(value: Json): string {
  if (value === null) return 'none';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(showValue).join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
