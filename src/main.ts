// The composition root: settings -> database -> engine -> HTTP, and the workers (main/). The only room that wires rooms
// together; contains no rules.

import { steadyClock, systemClock } from './base/clock.ts';
import { withDeadline } from './base/deadline.ts';
import { limits } from './base/limits.ts';
import type { Log } from './base/log.ts';
import { openMetrics } from './base/metrics.ts';
import { Passwords } from './base/passwords.ts';
import type { Config } from './config.ts';
import { type Database, openDatabase } from './database/database.ts';
import type { Pool } from './database/pool.ts';
import { DatabaseClock } from './engine/database-clock.ts';
import { Engine } from './engine/engine.ts';
import { WorkspaceSetups } from './engine/workspace-setups.ts';
import { appRoutes } from './http/app/routes.ts';
import { InboxFeed } from './http/app/stream/inbox-feed.ts';
import { InboxCountCache } from './http/app/views/inbox-counts.ts';
import { routes } from './http/routes.ts';
import { openApp } from './http/server/app.ts';
import { Authentication } from './http/server/authentication.ts';
import { CrossOrigin } from './http/server/cross-origin.ts';
import { RateLimit } from './http/server/rate-limit.ts';
import type { RouteDependencies } from './http/server/route.ts';
import { SearchTurns } from './http/server/search-turns.ts';
import { TokenUses } from './http/server/token-uses.ts';
import { openFileService } from './main/files.ts';
import { addServerGauges } from './main/gauges.ts';
import { type Drain, serveOn, stopServing } from './main/shutdown.ts';
import { prepareBackground } from './main/workers.ts';
import type { OperationServices } from './management/operation.ts';
import type { NewSecret } from './provisioning/apply-channels.ts';
import { applyConfigFile } from './provisioning/apply-config-file.ts';
import { makeSetupLink } from './store/accounts/setup-link.ts';
import { repairDueTimes } from './store/clock/clock-repair.ts';
import { raiseLogOffset } from './store/outbox/event-log.ts';
import { migrate } from './store/schema/migrate.ts';
import { RowCounts } from './store/search/row-counts.ts';
import { describeUnreadable, LOCKED_ADVICE } from './store/secrets/sealed-values.ts';
import { findSecretKey, type SecretKey } from './store/secrets/secret-key.ts';
import { findAllowedOrigins, findPrincipals, noteTokenUses } from './store/tenancy/access.ts';
import {
  checkAppToken,
  installGivenToken,
  issueFirstToken,
  prepareDefaults,
  type TokenOwner,
} from './store/tenancy/first-start.ts';
import { WaitingCounts } from './store/workflows/waiting-counts.ts';

/** The most secrets in one line of the log. */
const SECRETS_SHOWN_MAX = 20;

export type RunningServer = {
  /** The URL, for example `http://127.0.0.1:3000`. */
  readonly url: string;
  /** A token that this start generated: it can be shown only now. */
  readonly newToken: string | null;
  /** The code of a link with which the first owner sets a password: it can be shown only now. */
  readonly setupCode: string | null;
  /** Secrets of callbacks that this start created from PARLEY_CONFIG: they can be shown only now. */
  readonly newSecrets: readonly NewSecret[];
  /** Sealed values that do not open, and why, for a warning at startup. */
  readonly secretKey: Pick<SecretKey, 'trouble' | 'unreadable'>;
  /**
   * Stops accepting, finishes work in flight, commits, releases the database. May be called again while it runs.
   */
  stop(drain?: Drain): Promise<void>;
};

/**
 * Starts the server. If a step fails, closes what earlier steps opened.
 * @throws if the database is unusable or the address is in use.
 */
export async function startServer(config: Config, log: Log): Promise<RunningServer> {
  const database = await openDatabase({
    databaseUrl: config.databaseUrl,
    dataDir: config.dataDir,
    purpose: 'serve',
    mayCreate: true,
    processName: 'parley serve',
    log,
  });
  try {
    return await serve(config, database, log);
  } catch (error) {
    await database.release();
    throw error;
  }
}

async function serve(config: Config, database: Database, log: Log): Promise<RunningServer> {
  warnOfLooseDurability(database, log);
  const accessPool = database.openPool('admin', limits.accessConnectionsMax);
  const { clock, owner, newSecrets, secretKey } = await prepareStore(config, accessPool, log);
  const metrics = openMetrics();
  const enginePool = database.openPool('engine', config.groupsInFlightMax);
  const readPool = database.openPool('read', limits.readConnectionsMax);
  const commandPool = database.openPool('command', limits.commandConnectionsMax);
  const setups = new WorkspaceSetups(accessPool, steadyClock);
  const engine = new Engine({
    pool: enginePool,
    clock: clock.now,
    log,
    metrics,
    setups,
    ...config,
    onCommitted: (committed) => background.noteCommitted(committed),
  });
  let isStopping = false;
  const isReady = async () => !isStopping && (await acceptsConnections(accessPool));
  const { files, fileStores } = openFileService(config, { pool: commandPool, log, secretKey });
  const inboxFeed = new InboxFeed(readPool, log);
  const uses = new TokenUses((tokens) => noteTokenUses(accessPool, tokens), log);
  const inboxCounts = new InboxCountCache(readPool, steadyClock);
  const app = openApp({
    ...accessControl(config, accessPool, uses),
    ...{ routes, appRoutes },
    dependencies: {
      ...{ engine, setups, readPool, metrics, log, isReady, files },
      ...{ commandPool: { pool: commandPool }, bodyLimitBytes: config.bodyLimitBytes },
      operationServices: operationServicesOf(config, accessPool, (...of) =>
        background.sendNow(...of),
      ),
      ...{ rowCounts: new RowCounts(steadyClock), searchTurns: new SearchTurns() },
      ...{ accounts: accountsOf(config, accessPool), inboxCounts, inboxFeed },
    },
  });
  const shared = { config, database, clock, log, metrics, engine, events: app.events, inboxFeed };
  const background = prepareBackground({ ...shared, secretKey, files, fileStores, accessPool });
  const ownPools = { engine: enginePool, read: readPool, command: commandPool, access: accessPool };
  addServerGauges(metrics, engine, app, { ...ownPools, ...background.pools });
  const url = await app.server.listen({ host: config.host, port: config.port });
  files.links.useAddress(url);
  logListening(database, url, log);
  // Only now: a token of a start that then failed would never be shown.
  let secrets: Pick<RunningServer, 'newToken' | 'setupCode'>;
  try {
    secrets = await issueFirstSecrets(config, accessPool, owner);
    await background.start();
  } catch (error) {
    // A listening server would keep the process alive.
    await app.server.close();
    throw error;
  }
  const stop = async (drain: Drain | undefined) => {
    isStopping = true;
    await stopServing(app, background, await serveOn(app, drain, log));
    await withDeadline(limits.drainTimeoutMs, uses.flush());
    // Signals still in the engine have no caller left; a hanging database must not block.
    await withDeadline(limits.drainTimeoutMs, engine.drain());
    await database.release();
    log.info('server.stopped');
  };
  let stopped: Promise<void> | undefined;
  return {
    url,
    ...{ ...secrets, newSecrets, secretKey },
    stop: (drain) => (stopped ??= stop(drain)),
  };
}

/** What operations need besides the database. */
const operationServicesOf = (
  config: Config,
  pool: Pool,
  sendNow: OperationServices['sendNow'],
): RouteDependencies['operationServices'] => ({
  sendNow,
  secretKey: () => findSecretKey(pool, config),
  proxy: config,
  waitingCounts: new WaitingCounts(steadyClock),
});

function logListening({ isEmbedded: embedded, facts }: Database, url: string, log: Log): void {
  log.info({ url, postgresql: facts.version, embedded }, 'server.listening');
}

/** Issues the first token, and the link for the first owner. */
const issueFirstSecrets = async (
  { bootstrapToken }: Config,
  pool: Pool,
  owner: TokenOwner,
): Promise<Pick<RunningServer, 'newToken' | 'setupCode'>> => ({
  newToken: bootstrapToken === undefined ? await issueFirstToken(pool, owner) : null,
  setupCode: await makeSetupLink(pool, owner.workspaceId),
});

/** What the sign-in of the web app needs. */
const accountsOf = ({ host, publicUrl }: Config, pool: Pool): RouteDependencies['accounts'] => ({
  ...{ pool, publicUrl, passwords: new Passwords() },
  isLocal: ['127.0.0.1', '::1', 'localhost'].includes(host),
});

/** Creates the access control: who may call, how often, and from where. */
const accessControl = (config: Config, pool: Pool, uses: TokenUses) => ({
  authentication: new Authentication(
    uses.notedBy((hashes) => findPrincipals(pool, hashes)),
    steadyClock,
  ),
  rateLimit: new RateLimit(config.rateLimit, systemClock),
  crossOrigin: new CrossOrigin(() => findAllowedOrigins(pool), steadyClock),
  trustedProxies: config.trustedProxies,
});

/** Prepares the database: its schema, its defaults, and the objects of the settings. */
async function prepareStore(
  config: Config,
  pool: Pool,
  log: Log,
): Promise<{
  readonly clock: DatabaseClock;
  readonly owner: TokenOwner;
  readonly newSecrets: readonly NewSecret[];
  readonly secretKey: SecretKey;
}> {
  const applied = await migrate(pool);
  if (applied.length > 0) log.info({ applied }, 'database.migrated');
  if (await raiseLogOffset(pool)) log.info('database.moved');
  const clock = new DatabaseClock({
    pool,
    clock: systemClock,
    log,
    onSetBack({ byMs, sinceMs }) {
      repairDueTimes(pool, byMs, sinceMs).then(
        (repaired) => log.warn({ byMs, repaired }, 'clock.due_times_repaired'),
        (error) => log.error({ err: error, byMs }, 'clock.due_times_not_repaired'),
      );
    },
  });
  await clock.compare();
  const owner = await prepareDefaults(pool);
  if (config.bootstrapToken !== undefined) {
    await installToken(pool, config.bootstrapToken, owner, log);
  } else if (config.appToken !== undefined) await checkAppToken(pool, config.appToken);
  const secretKey = await findSecretKey(pool, config);
  warnOfSecrets(secretKey, log);
  const { configFile } = config;
  const newSecrets =
    configFile === undefined
      ? []
      : await applyConfigFile(pool, configFile, process.env, () => secretKey.toSeal(), log);
  return { clock, owner, newSecrets, secretKey };
}

/** Warns of secrets that do not open, so that the operator does not learn it from an app that gets no events. */
function warnOfSecrets({ trouble, unreadable, total }: SecretKey, log: Log): void {
  if (trouble !== null && total === 0) log.warn({ reason: trouble.message }, 'secrets.no_key');
  if (unreadable.length === 0) return;
  const shown = unreadable.slice(0, SECRETS_SHOWN_MAX).map(describeUnreadable);
  const advice = trouble?.message ?? LOCKED_ADVICE;
  log.error({ count: unreadable.length, of: total, shown, advice }, 'secrets.do_not_open');
}

/** Installs PARLEY_BOOTSTRAP_TOKEN, and warns of surprising states. */
async function installToken(pool: Pool, token: string, owner: TokenOwner, log: Log): Promise<void> {
  const { isRevoked, earlierTokenIds } = await installGivenToken(pool, token, owner);
  if (isRevoked) log.warn('token.bootstrap_token_is_revoked');
  // Not revoked automatically: during a rolling change of the setting, other servers still install it.
  if (earlierTokenIds.length > 0) {
    log.warn({ earlierTokenIds }, 'token.earlier_bootstrap_token_still_active');
  }
}

/** Whether the database responds quickly. */
async function acceptsConnections(pool: Pool): Promise<boolean> {
  const asked = pool.query('select 1').then(
    () => true,
    () => false,
  );
  return (await withDeadline(limits.readinessTimeoutMs, asked)) ?? false;
}

/** Warns that a committed event may be lost: only the administrator of an external server can change that. */
function warnOfLooseDurability({ facts }: Database, log: Log): void {
  if (facts.durability.fsync === 'off') {
    log.warn({ fsync: 'off' }, 'database.may_lose_acknowledged_events');
  }
}
