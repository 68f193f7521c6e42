// Calls operations in this process, on the database of this machine, as the command line: with all rights, in the
// workspace of --workspace.

import type { Result } from '../../base/result.ts';
import { openSecretBox } from '../../base/seal.ts';
import type { ContractError } from '../../contract/errors.ts';
import { commandLine } from '../../core/model/audit.ts';
import { scopes } from '../../core/model/rights.ts';
import { NothingThere } from '../../database/nothing-there.ts';
import type { Pool } from '../../database/pool.ts';
import type { Operation, OperationContext } from '../../management/operation.ts';
import { findSecretKey, type SecretKey } from '../../store/secrets/secret-key.ts';
import { prepareDefaults } from '../../store/tenancy/first-start.ts';
import { listWorkspaces, type Workspace } from '../../store/tenancy/workspaces.ts';
import { type CommandCall, CommandFailed } from './command.ts';
import { withAdvice } from './error-advice.ts';
import { workspaceNameOf, workspaceOrFail } from './find-or-fail.ts';
import { localServices } from './local-services.ts';
import type { ManagementClient, OperationRequest } from './management-client.ts';
import { settingsOrFail } from './settings.ts';
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
        services: localServices(pool, () => secretKeyFor(call, pool)),
      }),
    ),
  ).catch((error) => {
    if (!(error instanceof CommandFailed && error.cause instanceof NothingThere)) throw error;
    const orElsewhere =
      'To work on a server elsewhere, use --url or PARLEY_URL, with PARLEY_TOKEN.';
    throw new CommandFailed(`${error.message} ${orElsewhere}`, error.exitCode, error.cause);
  });

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
    return valueOrFail(await this.#run(operation, request, (await this.#findWorkspace()).id));
  }

  async callInEach<Body, Output extends object>(
    operation: Operation<Body, Output>,
    request: OperationRequest<Body>,
  ): Promise<readonly Output[]> {
    const outputs: Output[] = [];
    for (const { id } of await listWorkspaces(this.#pool)) {
      outputs.push(valueOrFail(await this.#run(operation, request, id)));
    }
    return outputs;
  }

  async callWhereFound<Body, Output extends object>(
    operation: Operation<Body, Output>,
    request: OperationRequest<Body>,
  ): Promise<Output> {
    let result: Result<Output, ContractError> | null = null;
    for (const { id } of await listWorkspaces(this.#pool)) {
      result = await this.#run(operation, request, id);
      if (result.ok || result.error.status !== 404) break;
    }
    if (result === null) throw new CommandFailed('there is no workspace yet.');
    return valueOrFail(result);
  }

  async #findWorkspace(): Promise<Workspace> {
    this.#workspace ??= await workspaceOrFail(this.#pool, workspaceNameOf(this.#call));
    return this.#workspace;
  }

  #run<Body, Output extends object>(
    { run }: Operation<Body, Output>,
    { params = {}, query = {}, body }: OperationRequest<Body>,
    workspaceId: number,
  ): Promise<Result<Output, ContractError>> {
    return run({ ...this.#context, workspaceId }, { params, query, body: body as Body });
  }
}

/** The key of the settings; with --new-key, also one that opens none of the sealed secrets. */
async function secretKeyFor(call: CommandCall, pool: Pool): Promise<SecretKey> {
  const settings = settingsOrFail();
  const key = await findSecretKey(pool, settings);
  return call.options['new-key'] === true ? { ...key, toSeal: () => openSecretBox(settings) } : key;
}

function valueOrFail<Output>(result: Result<Output, ContractError>): Output {
  if (result.ok) return result.value;
  throw new CommandFailed(messageOf(result.error));
}

const messageOf = ({ errors }: ContractError): string =>
  errors.map(({ code, message }) => withAdvice(message, code)).join('; ');
