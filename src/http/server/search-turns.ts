// Lets a few searches run at once, because a slow one occupies a connection and a core. The others wait, and a
// workspace without a running search goes first, so that slow searches of one workspace delay no other one for long.

import { limits } from '../../base/limits.ts';
import { fail, type Result } from '../../base/result.ts';
import { apiError, type ContractError } from '../../contract/errors.ts';

type Waiting = { readonly workspaceId: number; readonly go: () => void };

const busy = 'Too many searches are running: repeat the request';

/** The searches of one server. */
export class SearchTurns {
  /** The workspaces of the running searches. */
  readonly #running: number[] = [];
  readonly #waiting: Waiting[] = [];

  /** Runs a search when it is its turn. Responds 503 if that takes too long. @throws what the search throws. */
  async run<Value>(
    workspaceId: number,
    search: () => Promise<Result<Value, ContractError>>,
  ): Promise<Result<Value, ContractError>> {
    if (!(await this.#turn(workspaceId))) return fail(apiError('serviceUnavailable', null, busy));
    try {
      return await search();
    } finally {
      this.#running.splice(this.#running.indexOf(workspaceId), 1);
      this.#startNext();
    }
  }

  /** Waits for a turn. @returns whether it came in time. */
  #turn(workspaceId: number): boolean | Promise<boolean> {
    if (this.#running.length < limits.searchesMax) {
      this.#running.push(workspaceId);
      return true;
    }
    if (this.#waiting.length >= limits.searchesWaitingMax) return false;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        resolve(false);
      }, limits.searchWaitMaxMs);
      const go = () => {
        clearTimeout(timer);
        resolve(true);
      };
      const waiting = { workspaceId, go };
      this.#waiting.push(waiting);
    });
  }

  #startNext(): void {
    const isIdle = ({ workspaceId }: Waiting) => !this.#running.includes(workspaceId);
    const index = Math.max(0, this.#waiting.findIndex(isIdle));
    const [next] = this.#waiting.splice(index, 1);
    if (next === undefined) return;
    this.#running.push(next.workspaceId);
    next.go();
  }
}
