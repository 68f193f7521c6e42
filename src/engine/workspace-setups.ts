// Keeps the setup of each workspace in memory, so that a transition has it at hand. Asks the database now and then
// whether it has changed: every server follows within limits.setupCacheMs. Versions of workflows never change, so those
// that running conversations started on are kept for as long as the setup is.

import type { Clock } from '../base/clock.ts';
import { limits } from '../base/limits.ts';
import type { WorkflowDefinition } from '../core/workflow/definition.ts';
import type { WorkspaceSetup } from '../core/world.ts';
import type { Pool } from '../database/pool.ts';
import {
  findConfigVersion,
  findDefinition,
  loadSetup,
  type StoredSetup,
} from '../store/workspace-setup.ts';

type Definitions = Map<string, WorkflowDefinition | null>;

type Kept = {
  readonly setup: WorkspaceSetup;
  readonly configVersion: number;
  checkedAt: number;
};

const keyOf = (workflowId: number, version: number): string => `${workflowId} ${version}`;

export class WorkspaceSetups {
  readonly #pool: Pool;
  readonly #clock: Clock;
  readonly #kept = new Map<number, Kept>();
  /** Of every setup that was given out and is still held by somebody. */
  readonly #definitions = new WeakMap<WorkspaceSetup, Definitions>();
  readonly #pending = new Map<number, Promise<WorkspaceSetup>>();

  constructor(pool: Pool, clock: Clock) {
    this.#pool = pool;
    this.#clock = clock;
  }

  /**
   * The setup of a workspace; at once when it is fresh, else as a promise, which rejects when the database is away.
   */
  get(workspaceId: number): WorkspaceSetup | Promise<WorkspaceSetup> {
    const kept = this.#kept.get(workspaceId);
    const isFresh = kept !== undefined && this.#clock() - kept.checkedAt < limits.setupCacheMs;
    if (isFresh) return kept.setup;
    const pending = this.#pending.get(workspaceId);
    if (pending !== undefined) return pending;
    const refreshed = this.#refresh(workspaceId, kept).finally(() => {
      this.#pending.delete(workspaceId);
    });
    this.#pending.set(workspaceId, refreshed);
    return refreshed;
  }

  /** Whether a version is at hand, or known not to exist. */
  hasDefinition(setup: WorkspaceSetup, workflowId: number, version: number): boolean {
    return this.#definitions.get(setup)?.has(keyOf(workflowId, version)) ?? false;
  }

  /** Fetches a version of a workflow, so that the setup's definitionOf finds it. */
  async fetchDefinition(setup: WorkspaceSetup, workflowId: number, version: number): Promise<void> {
    const definition = await findDefinition(this.#pool, setup.workspaceId, workflowId, version);
    this.#definitions.get(setup)?.set(keyOf(workflowId, version), definition);
  }

  async #refresh(workspaceId: number, kept: Kept | undefined): Promise<WorkspaceSetup> {
    const checkedAt = this.#clock();
    if (kept !== undefined) {
      const version = await findConfigVersion(this.#pool, workspaceId);
      if (version === kept.configVersion) {
        kept.checkedAt = checkedAt;
        return kept.setup;
      }
    }
    const stored = await loadSetup(this.#pool, workspaceId);
    if (stored === null) throw new Error(`there is no workspace ${workspaceId}`);
    const definitions: Definitions = new Map();
    for (const { workflowId, version, definition } of stored.workflows) {
      definitions.set(keyOf(workflowId, version), definition);
    }
    const setup = indexed(workspaceId, stored, definitions);
    const { configVersion } = stored;
    this.#definitions.set(setup, definitions);
    this.#kept.set(workspaceId, { setup, configVersion, checkedAt });
    this.#forgetSurplus();
    return setup;
  }

  /** The workspace that has been here for the longest time goes first; it comes back when it is asked for. */
  #forgetSurplus(): void {
    for (const workspaceId of this.#kept.keys()) {
      if (this.#kept.size <= limits.setupsMax) return;
      this.#kept.delete(workspaceId);
    }
  }
}

function indexed(
  workspaceId: number,
  stored: StoredSetup,
  definitions: Definitions,
): WorkspaceSetup {
  return {
    workspaceId,
    channels: byId(stored.channels),
    admins: byId(stored.admins),
    teams: byId(stored.teams),
    tags: byId(stored.tags),
    dataAttributes: stored.dataAttributes,
    workflows: stored.workflows,
    definitionOf: (workflowId, version) => definitions.get(keyOf(workflowId, version)) ?? undefined,
  };
}

const byId = <Row extends { readonly id: number }>(
  rows: readonly Row[],
): ReadonlyMap<number, Row> => new Map(rows.map((row) => [row.id, row]));
