// The shape of an operation: what an operator does in a workspace, written once as a function. The route of the server
// and the command line on the machine of the server call the same function; the command line elsewhere calls the route.
// Knows neither HTTP nor a terminal.

import type { Result } from '../base/result.ts';
import type { CommandContext } from '../commands/command.ts';
import type { ContractError } from '../contract/errors.ts';
import type { Rights } from '../core/model/rights.ts';
import type { Pool } from '../database/pool.ts';
import type { ProxySettings } from '../outgoing/proxy-rules.ts';
import type { RecordRequest, SendNowRequest, SendNowResult } from '../store/outbox/send-now.ts';
import type { SecretKey } from '../store/secrets/secret-key.ts';
import type { WaitingCounts } from '../store/workflows/waiting-counts.ts';
import type { SubmitMove } from './move-runs.ts';

/** What operations need besides the database. */
export type OperationServices = {
  /** Makes this server read the workspace's configuration again, which has just changed. */
  readonly configChanged: (workspaceId: number) => void;
  /** Finds the secret key and tests it. */
  readonly secretKey: () => Promise<SecretKey>;
  /** The proxies for requests to apps. */
  readonly proxy: ProxySettings;
  /** Makes waiting events due now; null if there is no such conversation or event. */
  readonly sendNow: (record: RecordRequest, wish: SendNowRequest) => Promise<SendNowResult | null>;
  /** Lends a function that moves the run of a conversation. */
  readonly withMoves: <Value>(use: (submitMove: SubmitMove) => Promise<Value>) => Promise<Value>;
  readonly waitingCounts: Pick<WaitingCounts, 'get' | 'drop'>;
};

/** In which workspace an operation runs, who runs it, and with what. */
export type OperationContext = CommandContext & {
  readonly rights: Rights;
  /** The pool for the purpose `read`. */
  readonly readPool: Pool;
  readonly services: OperationServices;
};

export type OperationInput<Body = undefined> = {
  /** The parameters of the path, by name. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: Body;
};

/**
 * An operation. Its result is the JSON of the response. Over HTTP, the schema of the route has checked the body;
 * everything else is checked here.
 */
export type Operation<Body, Output extends object> = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** The path, with `:name` for parameters. */
  readonly path: `/parley/v1/${string}`;
  readonly run: (
    context: OperationContext,
    input: OperationInput<Body>,
  ) => Promise<Result<Output, ContractError>>;
};

/** The response of an operation that lists everything at once. */
export type List<Item> = { readonly type: 'list'; readonly data: readonly Item[] };

/** The response of an operation that lists in pages. */
export type Page<Item> = List<Item> & {
  /** The `starting_after` of the next page; null on the last one. */
  readonly next: string | null;
};
