// `parley serve`: runs the server until it is asked to stop. Prints what a user needs for the first request.

import { limits } from '../../base/limits.ts';
import { openLog } from '../../base/log.ts';
import { keepHeapSmall } from '../../base/memory.ts';
import { unknownSettings } from '../../config.ts';
import { buildWebFiles } from '../../main/web-files.ts';
import type { RunningServer } from '../../main.ts';
import { describeUnreadable, LOCKED_ADVICE } from '../../store/secrets/sealed-values.ts';
import { appUrl } from '../kit/app-url.ts';
import { type Command, type CommandCall, CommandFailed } from '../kit/command.ts';
import { ownCommand } from '../kit/own-command.ts';
import { settingsOrFail } from '../kit/settings.ts';
import { explainStartFailure } from '../kit/start-failure.ts';
import { waitForStopRequest } from '../kit/stop-request.ts';

const SECRETS_SHOWN_MAX = 20;

export const serve: Command = {
  name: 'serve',
  about: 'Run the server.',
  details: [
    'Starts the embedded PostgreSQL in the data folder (or connects to PARLEY_DATABASE_URL), migrates the schema, and',
    'listens. The first start creates the workspace and channel "default" and prints an access token, once. Until an',
    'owner has a password, each start prints a link with which the first owner sets one. Ctrl-C stops everything',
    'cleanly; so does SIGTERM, after serving for another PARLEY_DRAIN_SECONDS. The log goes to standard error.',
  ].join('\n'),
  examples: [
    'parley serve',
    'PARLEY_PORT=0 parley serve --json',
    'PARLEY_DATABASE_URL=postgresql://parley@db/parley parley serve',
  ],
  remote: 'it is the server',
  run: runServer,
};

async function runServer({ isJson, print }: CommandCall): Promise<number> {
  const config = settingsOrFail();
  const log = openLog(config.logLevel);
  for (const name of unknownSettings(process.env)) log.warn({ name }, 'setting.unknown');
  const drainMs = config.drainSeconds * 1000;
  const cutShort = new AbortController();
  // After SIGTERM a proxy needs time to send its requests elsewhere. A user who presses Ctrl-C waits for the end.
  const asked = waitForStopRequest((reason) => {
    if (reason !== 'SIGTERM') cutShort.abort();
  });
  void asked.then(() => {
    // Each step of stopping has its own limit; this one covers unforeseen causes, and a start that hangs.
    setTimeout(
      () => {
        log.error('server.did_not_stop_in_time');
        process.exit(1);
      },
      Math.max(limits.exitTimeoutMs, drainMs + limits.exitTimeoutAfterDrainMs),
    ).unref();
    // No client was served yet.
    if (!isServing) cutShort.abort();
  });
  process.on('unhandledRejection', (error) => {
    // A bug of ours. Continuing would be guessing; the database has everything that was acknowledged.
    log.fatal({ err: error }, 'process.unhandled_rejection');
    process.exit(1);
  });

  let isServing = false;
  let server: RunningServer;
  try {
    // Loaded only now: the other commands start twice as fast without the server.
    const { startServer } = await import('../../main.ts');
    buildWebFiles(log);
    server = await startServer(config, log);
    isServing = true;
    keepHeapSmall();
  } catch (error) {
    throw new CommandFailed(explainStartFailure(error, config));
  }
  const { setupCode } = server;
  const setupUrl =
    setupCode === null ? null : appUrl(config, `/app/setup?code=${setupCode}`, server.url);
  print(
    isJson
      ? JSON.stringify({
          url: server.url,
          token: server.newToken,
          setup_url: setupUrl,
          unreadable_secrets: server.secretKey.unreadable.map(describeUnreadable),
        })
      : greeting(server, config.host, setupUrl),
  );
  await asked;
  if (!isJson) {
    const isDraining = drainMs > 0 && !cutShort.signal.aborted;
    print(
      isDraining
        ? `Stopping in ${config.drainSeconds} s; press Ctrl-C to stop at once…`
        : 'Stopping…',
    );
  }
  await server.stop({ timeMs: drainMs, cutShort: cutShort.signal });
  return 0;
}

/** One line, so that it can be pasted anywhere. */
function firstCall(url: string, token: string): string {
  const contact = {
    type: 'user',
    external_id: 'user_hello',
    name: 'Jane Doe',
    email: 'jane@example.com',
  };
  const event = { event_id: 'evt_hello', external_conversation_id: 'conv_hello', contact };
  return [
    `curl -sS ${url}/custom_channel_events/notify_new_conversation`,
    `-H "Authorization: Bearer ${token}"`,
    "-H 'Content-Type: application/json'",
    `-d '${JSON.stringify(event)}'`,
  ].join(' ');
}

function greeting(
  { url, newToken, secretKey }: RunningServer,
  host: string,
  setupUrl: string | null,
): string {
  const isOpen = host === '0.0.0.0' || host === '::';
  const about =
    newToken === null
      ? `  Access token  issued earlier; \`${ownCommand()} token create\` creates another`
      : `  Access token  ${newToken}\n                shown only now; only its hash is stored`;
  const app =
    setupUrl === null
      ? ''
      : `\n  Set up        ${setupUrl}\n                opens the web app; valid once, for 15 minutes`;
  return `
Parley is listening on ${url}${isOpen ? ', open to the network and without TLS' : ''}

${about}${app}
  Reference     ${url}/docs

Try it:

  ${firstCall(url, newToken ?? '$PARLEY_TOKEN')}

Press Ctrl-C to stop.
${lockedWarning(secretKey)}`;
}

/** Warns that nothing can be sealed, before an operator configures a callback. */
const noKeyNote = ({ message }: Error): string => `
ATTENTION: there is no secret key, so callbacks and secrets cannot be configured:
${message}
`;

/** Warns loudly, because everything else works: callbacks that cannot be signed are not sent. */
function lockedWarning({ trouble, unreadable }: RunningServer['secretKey']): string {
  if (unreadable.length === 0) return trouble === null ? '' : noKeyNote(trouble);
  const lines = unreadable.map((value) => `    ${describeUnreadable(value)}`);
  const more = lines.length - SECRETS_SHOWN_MAX;
  const what = unreadable.length === 1 ? 'a sealed value' : `${unreadable.length} sealed values`;
  return `
ATTENTION: ${what} cannot be opened. Deliveries that need them wait:
${lines.slice(0, SECRETS_SHOWN_MAX).join('\n')}
${more > 0 ? `    and ${more} more\n` : ''}
${trouble?.message ?? LOCKED_ADVICE}
`;
}
