// How a command calls operations. A command is written once, for this interface; http-client.ts and database-client.ts
// implement it, and with-management.ts chooses one of them.

import type { Operation, OperationInput } from '../../management/operation.ts';

/** The input of an operation, without what it does not take. */
export type OperationRequest<Body> = Partial<Omit<OperationInput<Body>, 'body'>> &
  (Body extends undefined ? { readonly body?: undefined } : { readonly body: Body });

export type ManagementClient = {
  /** The workspace in which `call` works: that of --workspace, or of the token. */
  readonly workspaceName: () => Promise<string>;
  /**
   * Calls an operation.
   * @throws CommandFailed with the message of its error.
   */
  readonly call: <Body, Output extends object>(
    operation: Operation<Body, Output>,
    request: OperationRequest<Body>,
  ) => Promise<Output>;
  /** Calls an operation in every workspace that this client sees: all of the database, or that of the token. */
  readonly callInEach: <Body, Output extends object>(
    operation: Operation<Body, Output>,
    request: OperationRequest<Body>,
  ) => Promise<readonly Output[]>;
  /** Calls an operation on an object in any of these workspaces, by an id that no two of them share. */
  readonly callWhereFound: <Body, Output extends object>(
    operation: Operation<Body, Output>,
    request: OperationRequest<Body>,
  ) => Promise<Output>;
};
