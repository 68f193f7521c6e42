// `parley serve`: runs the server until it is told to stop. Prints what a person needs to make the first request.

import { openLog } from '../base/log.ts';
import { unknownSettings } from '../config.ts';
import { type RunningServer, startServer } from '../main.ts';
import { type Command, type CommandCall, CommandFailed } from './command.ts';
import { settingsOrFail } from './settings.ts';
import { explainStartFailure } from './start-failure.ts';

export const serve: Command = {
  name: 'serve',
  about: 'Run the server.',
  details: [
    'Starts the embedded PostgreSQL in the data folder (or connects to PARLEY_DATABASE_URL), brings the',
    'schema up to date, and listens. The first start makes the workspace and channel "default" and prints',
    'an access token, once. Ctrl-C or SIGTERM stops everything in order. The log goes to standard error.',
  ].join('\n'),
  examples: [
    'parley serve',
    'PARLEY_PORT=0 parley serve --json',
    'PARLEY_DATABASE_URL=postgresql://parley@db/parley parley serve',
  ],
  run: runServer,
};

async function runServer({ isJson, print }: CommandCall): Promise<number> {
  const config = settingsOrFail();
  const log = openLog(config.logLevel);
  for (const name of unknownSettings(process.env)) log.warn({ name }, 'setting.unknown');
  const asked = waitForStopRequest();
  process.on('unhandledRejection', (error) => {
    // A bug of ours. Going on would be guessing; the database keeps what was acknowledged.
    log.fatal({ err: error }, 'process.unhandled_rejection');
    process.exit(1);
  });

  let server: RunningServer;
  try {
    server = await startServer(config, log);
  } catch (error) {
    throw new CommandFailed(explainStartFailure(error, config));
  }
  print(isJson ? JSON.stringify({ url: server.url, token: server.newToken }) : greeting(server));
  await asked;
  if (!isJson) print('Stopping…');
  await server.stop();
  return 0;
}

/** Resolves at Ctrl-C, SIGTERM, or when the launcher that started us is gone. */
function waitForStopRequest(): Promise<void> {
  return new Promise((resolve) => {
    process.on('SIGINT', () => resolve());
    process.on('SIGTERM', () => resolve());
    process.on('SIGHUP', () => resolve());
    if (process.env.PARLEY_LAUNCHED === '1') process.on('disconnect', () => resolve());
  });
}

function greeting({ url, newToken }: RunningServer): string {
  const token = newToken ?? '$PARLEY_TOKEN';
  const about =
    newToken === null
      ? '  Access token  issued before; `parley token create` makes another'
      : `  Access token  ${newToken}\n                shown this once, only its hash is kept`;
  return `
Parley is listening on ${url}

${about}
  Reference     ${url}/docs

Try it:

  curl -sS ${url}/custom_channel_events/notify_new_conversation -H 'Authorization: Bearer ${token}' -H 'Content-Type: application/json' -d '{"event_id":"evt_1","external_conversation_id":"conv_1","contact":{"type":"user","external_id":"user_1","name":"Jane Doe","email":"jane@example.com"}}'

Ctrl-C stops it.
`;
}
