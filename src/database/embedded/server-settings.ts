// The settings with which PostgreSQL is started. They are command-line arguments instead of lines in postgresql.conf: a
// new Parley brings its own, and durability cannot be switched off by accident.
import { createHash } from 'node:crypto';

const settings: Record<string, string> = {
  // Durability: the values that PostgreSQL ships with, stated because everything relies on them.
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  // A small server on a small machine, with constant writes.
  shared_buffers: '256MB', // holds the indexes of random ids of a million conversations
  wal_compression: 'pglz', // the packaged programs have no lz4
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  checkpoint_completion_target: '0.9',
  max_connections: '60',
  superuser_reserved_connections: '5', // ownership checks get through when the pool is full
  jit: 'off', // compiling costs more than our short statements take
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_destination: 'stderr', // which is the log file; PostgreSQL outlives a killed Parley
  logging_collector: 'off',
  log_line_prefix: '%m [%p] ',
};

const fingerprintSetting = 'parley.fingerprint';

export type ServerArguments = { args: string[]; fingerprint: string };

/**
 * Returns the arguments of `postgres` for this cluster, with a fingerprint of the program and its settings that the
 * running server shows as the setting `parley.fingerprint`.
 */
export function serverArguments(options: {
  postgres: string;
  clusterDir: string;
  port: number;
  extraSettings: Record<string, string>;
}): ServerArguments {
  const all = { ...settings, ...networkSettings(), ...options.extraSettings };
  const pairs = Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1));
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([options.postgres, pairs]))
    .digest('hex')
    .slice(0, 24);
  pairs.push([fingerprintSetting, fingerprint], ['port', String(options.port)]);
  const args = ['-D', options.clusterDir];
  for (const [name, value] of pairs) args.push('-c', `${name}=${value}`);
  return { args, fingerprint };
}

function networkSettings(): Record<string, string> {
  if (process.platform === 'win32') {
    return { listen_addresses: '127.0.0.1', unix_socket_directories: '' };
  }
  return {
    listen_addresses: '',
    // The cluster folder itself, as a relative path, which is never too long for the server.
    unix_socket_directories: '.',
    unix_socket_permissions: '0700',
  };
}
