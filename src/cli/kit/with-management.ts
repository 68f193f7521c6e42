// Chooses where a command works: over HTTP on a server elsewhere, or in this process on the database of this machine.

import type { CommandCall } from './command.ts';
import type { ManagementClient } from './management-client.ts';
import { serverAddressOf } from './server-address.ts';

/**
 * Runs something with a client, on the server or the database that the call and the environment name.
 * @param commandName shown to other processes as the user of the data folder: `token create`.
 * @throws CommandFailed when neither can be used.
 */
export async function withManagement<Answer>(
  commandName: string,
  call: CommandCall,
  use: (client: ManagementClient) => Promise<Answer>,
): Promise<Answer> {
  const address = serverAddressOf(call, process.env);
  // Loaded only when used: a command needs one of the two.
  if (address !== null) {
    const { HttpClient } = await import('./http-client.ts');
    return use(new HttpClient(address, call));
  }
  const { withDatabaseClient } = await import('./database-client.ts');
  return withDatabaseClient(commandName, call, use);
}
