// Makes a route of an operation of src/management/: what the command line does, over HTTP.

import { submitMoveTo } from '../../engine/submit-move.ts';
import type { Operation, OperationContext } from '../../management/operation.ts';
import { commandContextOf } from './command-context.ts';
import { orUnavailable, REPEATABLE } from './database-unavailable.ts';
import type { ApiRoute, AuthenticatedCall } from './route.ts';

const LOOK_FIRST =
  'Service temporarily unavailable, the change may have been made: look before you repeat it';

/** What a route says that its operation does not. */
type Facts = Omit<ApiRoute, 'access' | 'scope' | 'tag' | 'method' | 'path' | 'handle'>;

/** The route of an operation, for tokens with the scope `manage`. */
export const operationRoute = <Body, Output extends object>(
  { method, path, run }: Operation<Body, Output>,
  facts: Facts,
): ApiRoute => ({
  access: 'token',
  scope: 'manage',
  tag: 'Management',
  method,
  path,
  ...facts,
  handle: (call) =>
    orUnavailable(call, method === 'POST' ? LOOK_FIRST : REPEATABLE, () =>
      run(contextOf(call), {
        params: call.request.params as Readonly<Record<string, string>>,
        query: call.request.query as Readonly<Record<string, unknown>>,
        body: call.body as Body,
      }),
    ),
});

function contextOf(call: AuthenticatedCall): OperationContext {
  const { readPool, setups, engine, operationServices } = call.dependencies;
  return {
    ...commandContextOf(call),
    rights: call.principal,
    readPool,
    services: {
      ...operationServices,
      withMoves: (use) => use(submitMoveTo(engine)),
      configChanged: (workspaceId) => setups.drop(workspaceId),
    },
  };
}
