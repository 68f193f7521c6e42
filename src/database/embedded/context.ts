// The context that the parts of one `acquireEmbedded` share: the cluster's location, this process and the endpoint.
// Types only.
import type { Binaries } from './binaries.ts';
import type { ClusterLocation } from './cluster-location.ts';
import type { EmbeddedLog } from './embedded-log.ts';
import type { Endpoint } from './endpoint.ts';

/** The purpose: a server runs until it is stopped; a command is short and never takes a server's place. */
export type Purpose = 'serve' | 'command';

export type EmbeddedContext = {
  location: ClusterLocation;
  binaries: Binaries;
  endpoint: Endpoint;
  purpose: Purpose;
  /** The application_name in PostgreSQL: 'parley serve (pid 123)'. */
  ownName: string;
  extraSettings: Record<string, string>;
  waitTimeoutMs: number;
  log: EmbeddedLog;
};
