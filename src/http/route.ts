// A route as data: everything the server, the reference page, the OpenAPI document and the tests need to know of it.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { TSchema } from 'typebox';
import type { Log } from '../base/log.ts';
import type { Metrics } from '../base/metrics.ts';
import type { Result } from '../base/result.ts';
import type { ContractError, ErrorName } from '../contract/errors.ts';
import type { Pool } from '../database/pool.ts';
import type { Engine } from '../engine/engine.ts';
import type { Principal } from '../store/access.ts';

/** What the routes work with. */
export type RouteDependencies = {
  readonly engine: Engine;
  readonly readPool: Pool;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Whether requests can be served now. */
  readonly isReady: () => Promise<boolean>;
  readonly bodyLimitBytes: number;
};

export type Call = {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly dependencies: RouteDependencies;
};

export type AuthenticatedCall = Call & {
  readonly principal: Principal;
  /** Checked against the route's schema. */
  readonly body: unknown;
};

type RouteFacts = {
  readonly method: 'GET' | 'POST';
  /** With `:name` for parameters. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: string;
};

/** A route of the API: needs a token, answers JSON or a refusal. */
export type ApiRoute = RouteFacts & {
  readonly access: 'token';
  readonly body?: TSchema;
  readonly bodyExample?: unknown;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: 'path' | 'query';
    readonly description: string;
    readonly example?: string;
  }[];
  readonly answer: TSchema;
  readonly answerExample: unknown;
  /** Refusals of its own, beside those that every route has. */
  readonly refusals: readonly ErrorName[];
  readonly handle: (call: AuthenticatedCall) => Promise<Result<object, ContractError>>;
};

/** A route for operators and readers: open, answers whatever it likes. */
export type OpenRoute = RouteFacts & {
  readonly access: 'open';
  readonly answers: readonly {
    readonly status: number;
    readonly description: string;
    readonly contentType: string;
    readonly example?: unknown;
  }[];
  readonly handle: (call: Call) => Promise<unknown>;
};

export type Route = ApiRoute | OpenRoute;
