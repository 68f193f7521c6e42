// Calls operations in this process, on the database of this machine, as the command line: with all rights, in the
// workspace of --workspace.

import type { ContractError } from '../../contract/errors.ts';
import { commandLine } from '../../core/model/audit.ts';
import { scopes } from '../../core/model/rights.ts';
import type { Pool } from '../../database/pool.ts';
import type { Operation, OperationContext } from '../../management/operation.ts';
import { prepareDefaults } from '../../store/tenancy/first-start.ts';
import { listWorkspaces, type Workspace } from '../../store/tenancy/workspaces.ts';
import { type CommandCall, CommandFailed } from './command.ts';
import { workspaceNameOf, workspaceOrFail } from './find-or-fail.ts';
import type { ManagementClient, OperationRequest } from './management-client.ts';
import { withStore } from './with-database.ts';

/** Runs something with a client of the database. */
export const withDatabaseClient = <Answer>(
  commandName: string,
  call: CommandCall,
  use: (client: ManagementClient) => Promise<Answer>,
): Promise<Answer> =>
  withStore(commandName, (pool, { openPool }) =>
    use(
      new DatabaseClient(call, pool, {
        ...{ actor: commandLine, rights: { scopes, role: 'owner' } },
        ...{ readPool: openPool('read', 1), pool: { pool: openPool('command', 1) } },
        // Running servers notice by themselves, within two seconds.
        services: { configChanged: () => {} },
      }),
    ),
  );

class DatabaseClient implements ManagementClient {
  readonly #call: CommandCall;
  readonly #pool: Pool;
  readonly #context: Omit<OperationContext, 'workspaceId'>;
  #workspace: Workspace | null = null;

  constructor(call: CommandCall, pool: Pool, context: Omit<OperationContext, 'workspaceId'>) {
    this.#call = call;
    this.#pool = pool;
    this.#context = context;
  }

  async workspaceName(): Promise<string> {
    return (await this.#findWorkspace()).name;
  }

  async call<Body, Output extends object>(
    operation: Operation<Body, Output>,
    request: OperationRequest<Body>,
  ): Promise<Output> {
    // The database of a Parley that has not started yet has no workspace.
    if (operation.method !== 'GET') await prepareDefaults(this.#pool);
    return this.#run(operation, request, (await this.#findWorkspace()).id);
  }

  async callInEach<Body, Output extends object>(
    operation: Operation<Body, Output>,
    request: OperationRequest<Body>,
  ): Promise<readonly Output[]> {
    const outputs: Output[] = [];
    for (const { id } of await listWorkspaces(this.#pool)) {
      outputs.push(await this.#run(operation, request, id));
    }
    return outputs;
  }

  async #findWorkspace(): Promise<Workspace> {
    this.#workspace ??= await workspaceOrFail(this.#pool, workspaceNameOf(this.#call));
    return this.#workspace;
  }

  async #run<Body, Output extends object>(
    { run }: Operation<Body, Output>,
    { params = {}, query = {}, body }: OperationRequest<Body>,
    workspaceId: number,
  ): Promise<Output> {
    const context = { ...this.#context, workspaceId };
    const result = await run(context, { params, query, body: body as Body });
    if (result.ok) return result.value;
    throw new CommandFailed(messageOf(result.error));
  }
}

const messageOf = ({ errors }: ContractError): string =>
  errors.map(({ message }) => message).join('; ');
