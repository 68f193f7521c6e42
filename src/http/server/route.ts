// Types of a route as data: the source of the server, the reference page, the OpenAPI document and the tests.

import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { TSchema } from 'typebox';
import type { Log } from '../../base/log.ts';
import type { Metrics } from '../../base/metrics.ts';
import type { Passwords } from '../../base/passwords.ts';
import type { Result } from '../../base/result.ts';
import type { CommandPool } from '../../commands/command.ts';
import type { ContractError, ErrorName } from '../../contract/errors.ts';
import type { NeededRights, Role } from '../../core/model/rights.ts';
import type { Pool } from '../../database/pool.ts';
import type { Engine } from '../../engine/engine.ts';
import type { WorkspaceSetups } from '../../engine/workspace-setups.ts';
import type { Files } from '../../files/files.ts';
import type { OperationServices } from '../../management/operation.ts';
import type { RowCounts } from '../../store/search/row-counts.ts';
import type { Caller } from '../../store/tenancy/access.ts';
import type { InboxFeed } from '../app/stream/inbox-feed.ts';
import type { InboxCountCache } from '../app/views/inbox-counts.ts';
import type { EventStreamHub } from '../events/event-stream-hub.ts';
import type { SearchTurns } from './search-turns.ts';

/** Services that the routes use. */
export type RouteDependencies = {
  readonly engine: Pick<Engine, 'submit'>;
  readonly setups: WorkspaceSetups;
  readonly readPool: Pool;
  /** Counts of lists and searches. */
  readonly rowCounts: RowCounts;
  readonly searchTurns: SearchTurns;
  /** The pool for src/commands/. */
  readonly commandPool: CommandPool;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Whether requests can be served now. */
  readonly isReady: () => Promise<boolean>;
  readonly bodyLimitBytes: number;
  readonly events: EventStreamHub;
  readonly files: Files;
  readonly operationServices: Omit<OperationServices, 'configChanged' | 'withMoves'>;
  readonly accounts: Accounts;
  /** The counts of the inbox. */
  readonly inboxCounts: InboxCountCache;
  /** What changes in the inbox. */
  readonly inboxFeed: InboxFeed;
};

/** What the sign-in of the web app needs. */
export type Accounts = {
  /** A pool that sees all workspaces: a session determines its workspace. */
  readonly pool: Pool;
  readonly passwords: Passwords;
  /** The address under which clients reach this server, if the operator gave one. */
  readonly publicUrl: string | undefined;
  /** Whether only this machine reaches the server. */
  readonly isLocal: boolean;
};

export type Call = {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly dependencies: RouteDependencies;
};

export type AuthenticatedCall = Call & {
  readonly principal: Caller;
  /** Valid according to the route's schema. */
  readonly body: unknown;
  /** Whether the token or session is still valid: checked again by long responses. */
  readonly isPermitted: () => Promise<boolean>;
};

/** Response body that is JSON text already. */
export class JsonText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Takes over a response and streams it. The headers are those of every response. */
export type Streaming = (response: ServerResponse, headers: OutgoingHttpHeaders) => void;

type RouteFacts = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** The path, with `:name` for parameters. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: string;
  /** Web pages of the origins that the channel lists may read its responses. */
  readonly isForBrowsers?: true;
};

export type RouteParameter = {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly description: string;
  readonly example?: string;
  /** A string if not given. */
  readonly schema?: Readonly<Record<string, unknown>>;
};

/** The token needs the scope, and its teammate the role; without a role, the usual one of the scope. */
type TokenAccess = NeededRights & { readonly access: 'token' };

/** Route of the API: needs a token, responds with JSON or an error. */
export type ApiRoute = RouteFacts &
  TokenAccess & {
    readonly body?: TSchema;
    /** A read that is a POST, such as a search: it needs no idempotency key. */
    readonly changesNothing?: true;
    /** A file as multipart/form-data instead of a JSON body: `handle` reads it with readUpload() as it arrives. */
    readonly isUpload?: true;
    /** A JSON body in which files may be, so it may be larger. */
    readonly mayHaveFiles?: true;
    /** Whether the body may be left out: then it counts as `{}`. */
    readonly isBodyOptional?: true;
    readonly bodyExample?: unknown;
    readonly parameters?: readonly RouteParameter[];
    /** The field of the response with a secret that is shown once: null in the response to a repeat. */
    readonly secretField?: string;
    /** The schema; null for status 200 with an empty body. */
    readonly response: TSchema | null;
    readonly responseExample: unknown;
    /** Errors of its own, besides those of every route. */
    readonly errors: readonly ErrorName[];
    readonly handle: (
      call: AuthenticatedCall,
    ) => Promise<Result<object | JsonText | null, ContractError>>;
  };

/** Route of the API whose response is a stream. */
export type StreamRoute = RouteFacts &
  TokenAccess & {
    readonly method: 'GET';
    readonly body?: undefined;
    readonly bodyExample?: undefined;
    readonly parameters?: readonly RouteParameter[];
    readonly stream: { readonly contentType: string; readonly example: string };
    readonly errors: readonly ErrorName[];
    readonly open: (call: AuthenticatedCall) => Promise<Result<Streaming, ContractError>>;
  };

/** Route for operators and readers: needs no token, responds in any format. */
export type OpenRoute = RouteFacts & {
  readonly access: 'open';
  /** Whether only this exact path is served, so that a proxy that blocks it need not know other spellings. */
  readonly isExact?: boolean;
  readonly parameters?: readonly RouteParameter[];
  readonly responses: readonly {
    readonly status: number;
    readonly description: string;
    readonly contentType: string;
    readonly example?: unknown;
  }[];
  readonly handle: (call: Call) => Promise<unknown>;
};

export type Route = ApiRoute | StreamRoute | OpenRoute;

/** What the routes of the web app have in common. They are for its own pages and may change with them. */
type AppFacts = Pick<RouteFacts, 'method' | 'path' | 'summary'> & {
  readonly body?: TSchema;
  /** Whether the body may be left out: then it counts as `{}`. */
  readonly isBodyOptional?: true;
  /** A read that is a POST: it needs no idempotency key. */
  readonly changesNothing?: true;
};

/** Route of the web app: needs the cookie of a session and takes no token. */
export type SessionRoute = AppFacts & {
  readonly access: 'session';
  /** The least role of the teammate. */
  readonly role: Role;
  /** Its request or its response has a secret, which must not be stored with a key. */
  readonly takesNoKey?: true;
  /** Whether the sign-in must be recent. */
  readonly isSensitive?: true;
  /** The schema; null for status 200 with an empty body. */
  readonly response: TSchema | null;
  readonly handle: ApiRoute['handle'];
};

/** Route of the web app for visitors who are not signed in yet. */
export type GuestRoute = AppFacts & {
  readonly access: 'guest';
  readonly response: TSchema | null;
  readonly handle: (
    call: Call & { readonly body: unknown },
  ) => Promise<Result<object | null, ContractError>>;
};

/** Route of the web app whose response is a stream. */
export type SessionStreamRoute = Pick<RouteFacts, 'path' | 'summary'> &
  Pick<SessionRoute, 'access' | 'role' | 'isSensitive'> & {
    readonly method: 'GET';
    readonly body?: undefined;
    readonly open: StreamRoute['open'];
  };

export type AppRoute = SessionRoute | SessionStreamRoute | GuestRoute;
