import { join } from 'node:path';

/** One cluster and how it is run. */
export type Cluster = {
  /** folder with bin/postgres */
  readonly binaries: string;
  readonly directory: string;
  readonly socketDirectory: string;
};

/** Set on the command line, so that they hold for every cluster whatever its own files say. */
const settings: Readonly<Record<string, string>> = {
  listen_addresses: '',
  port: '5432',
  unix_socket_permissions: '0700',
  // What is acknowledged is on the disk.
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  // Sized for a small machine beside the server itself; parallel plans would need /dev/shm, which containers keep tiny.
  max_connections: '50',
  shared_buffers: '64MB',
  max_parallel_workers_per_gather: '0',
  jit: 'off',
  // No idle processes for features that are not used.
  io_method: 'sync',
  max_logical_replication_workers: '0',
  max_wal_senders: '0',
  // Statements and values are people's business: only what concerns the database itself is logged.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_checkpoints: 'off',
  log_line_prefix: '',
  logging_collector: 'off',
  timezone: 'UTC',
};

/** The command that runs a cluster, and by which a running one is recognised. */
export function postmasterCommand({ binaries, directory, socketDirectory }: Cluster): readonly [string, ...string[]] {
  const socket = `unix_socket_directories="${socketDirectory.replaceAll('"', '""')}"`;
  const options = [...Object.entries(settings).map(([name, value]) => `${name}=${value}`), socket];
  return [join(binaries, 'bin/postgres'), '-D', directory, ...options.flatMap((option) => ['-c', option])];
}
