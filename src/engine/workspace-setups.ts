// Caches the setup of each workspace for transitions. Asks the database from time to time whether it has changed, so
// every server follows within limits.setupCacheMs. Versions of workflows never change, so those that running
// conversations started on are kept as long as the setup.

import type { Clock } from '../base/clock.ts';
import { limits } from '../base/limits.ts';
import type { WorkspaceSetup } from '../core/conversation/transition-context.ts';
import type { WorkflowDefinition } from '../core/workflow/definition.ts';
import type { Pool } from '../database/pool.ts';
import {
  findConfigVersions,
  findDefinition,
  loadSetup,
  type StoredSetup,
} from '../store/workflows/workspace-setup.ts';

/** The setup of a workspace, and whether its web app is in use. */
export type EngineSetup = WorkspaceSetup & {
  /** When a teammate last used the web app; null: never. */
  readonly inboxUsedAt: number | null;
};

type Definitions = Map<string, WorkflowDefinition | null>;

type Kept = {
  readonly setup: EngineSetup;
  readonly configVersion: number;
  readonly checkedAt: number;
};

const keyOf = (workflowId: number, version: number): string => `${workflowId} ${version}`;

export class WorkspaceSetups {
  readonly #pool: Pool;
  readonly #clock: Clock;
  readonly #kept = new Map<number, Kept>();
  /** The definitions of every setup that is still referenced. */
  readonly #definitions = new WeakMap<WorkspaceSetup, Definitions>();

  constructor(pool: Pool, clock: Clock) {
    this.#pool = pool;
    this.#clock = clock;
  }

  /**
   * Returns the setup of a workspace: directly if it is fresh, else as a promise, which rejects if the database is
   * unavailable.
   */
  get(workspaceId: number): EngineSetup | Promise<EngineSetup> {
    const setup = this.#freshOf(workspaceId);
    if (setup !== undefined) return setup;
    return this.getAll([workspaceId]).then((setups) => setups.get(workspaceId)!);
  }

  /** Returns the setups of several workspaces. @throws if the database is unavailable or a workspace is missing. */
  async getAll(workspaceIds: Iterable<number>): Promise<ReadonlyMap<number, EngineSetup>> {
    const setups = new Map<number, EngineSetup>();
    const stale: number[] = [];
    for (const id of workspaceIds) {
      const setup = this.#freshOf(id);
      if (setup === undefined) stale.push(id);
      else setups.set(id, setup);
    }
    if (stale.length === 0) return setups;
    for (const [id, setup] of await this.#refresh(stale)) setups.set(id, setup);
    this.#forgetSurplus();
    return setups;
  }

  /** Forgets a setup that this server has just changed, so that the next caller sees the change. */
  drop(workspaceId: number): void {
    this.#kept.delete(workspaceId);
  }

  #freshOf(workspaceId: number): EngineSetup | undefined {
    const kept = this.#kept.get(workspaceId);
    const isFresh = kept !== undefined && this.#clock() - kept.checkedAt < limits.setupCacheMs;
    return isFresh ? kept.setup : undefined;
  }

  /** Whether a version is cached, or known not to exist. */
  hasDefinition(setup: WorkspaceSetup, workflowId: number, version: number): boolean {
    return this.#definitions.get(setup)?.has(keyOf(workflowId, version)) ?? false;
  }

  /** Fetches a version of a workflow, so that the setup's definitionOf finds it. */
  async fetchDefinition(setup: WorkspaceSetup, workflowId: number, version: number): Promise<void> {
    const definition = await findDefinition(this.#pool, setup.workspaceId, workflowId, version);
    this.#definitions.get(setup)?.set(keyOf(workflowId, version), definition);
  }

  /** Finds the setups that have changed with one query, and reads those. */
  async #refresh(workspaceIds: readonly number[]): Promise<[number, EngineSetup][]> {
    const checkedAt = this.#clock();
    const versions = await findConfigVersions(this.#pool, workspaceIds);
    return Promise.all(
      workspaceIds.map(async (id): Promise<[number, EngineSetup]> => {
        const kept = this.#kept.get(id);
        const isSame = kept !== undefined && kept.configVersion === versions.get(id);
        if (!isSame) return [id, await this.#load(id, checkedAt)];
        this.#keep(id, { ...kept, checkedAt });
        return [id, kept.setup];
      }),
    );
  }

  async #load(workspaceId: number, checkedAt: number): Promise<EngineSetup> {
    const stored = await loadSetup(this.#pool, workspaceId);
    if (stored === null) throw new Error(`there is no workspace ${workspaceId}`);
    const definitions: Definitions = new Map();
    for (const { workflowId, version, definition } of stored.workflows) {
      definitions.set(keyOf(workflowId, version), definition);
    }
    const setup = indexed(workspaceId, stored, definitions);
    this.#definitions.set(setup, definitions);
    this.#keep(workspaceId, { setup, configVersion: stored.configVersion, checkedAt });
    return setup;
  }

  /** Stores a setup as the most recently used. */
  #keep(workspaceId: number, kept: Kept): void {
    this.#kept.delete(workspaceId);
    this.#kept.set(workspaceId, kept);
  }

  /** Evicts the least recently used setups. */
  #forgetSurplus(): void {
    for (const workspaceId of this.#kept.keys()) {
      if (this.#kept.size <= limits.setupsMax) return;
      this.#kept.delete(workspaceId);
    }
  }
}

function indexed(workspaceId: number, stored: StoredSetup, definitions: Definitions): EngineSetup {
  return {
    workspaceId,
    inboxUsedAt: stored.inboxUsedAt,
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
