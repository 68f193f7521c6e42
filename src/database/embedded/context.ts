// Owns the shape of what the parts of one `acquireEmbedded` share: where the cluster is, who we are
// and how we reach it. Holds no behaviour.
import type { Binaries } from './binaries.ts';
import type { ClusterLocation } from './cluster-location.ts';
import type { EmbeddedLog } from './embedded-log.ts';
import type { Endpoint } from './endpoint.ts';

/** A server stays until it is stopped; a command is over soon and never takes a server's place. */
export type Purpose = 'serve' | 'command';

export type EmbeddedContext = {
  location: ClusterLocation;
  binaries: Binaries;
  endpoint: Endpoint;
  purpose: Purpose;
  /** Shown by PostgreSQL as our application_name: 'parley serve (pid 123)'. */
  ownName: string;
  extraSettings: Record<string, string>;
  waitTimeoutMs: number;
  log: EmbeddedLog;
};
