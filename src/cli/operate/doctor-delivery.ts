// The delivery checks of `parley doctor`: sealed values, callback status, waiting events, dead letters, callback hosts;
// and with --deep whether the callbacks respond. Changes nothing.

import { systemClock } from '../../base/clock.ts';
import type { SecretBox } from '../../base/seal.ts';
import type { Config } from '../../config.ts';
import type { Pool } from '../../database/pool.ts';
import { pingCallback } from '../../management/ping-callback.ts';
import { AddressGuard } from '../../outgoing/address-guard.ts';
import { ProxyRules } from '../../outgoing/proxy-rules.ts';
import { readBacklogs } from '../../store/outbox/backlog.ts';
import { type CallbackRow, readEnabledCallbacks } from '../../store/outbox/callbacks.ts';
import { describeUnreadable, LOCKED_ADVICE } from '../../store/secrets/sealed-values.ts';
import { findSecretKey, type SecretKey } from '../../store/secrets/secret-key.ts';
import { adviceFor, isDelivered } from '../channels/callback-advice.ts';
import {
  adviceOn,
  type CallbackReport,
  illnessOf,
  isLate,
  reportOf,
  waitingText,
} from '../channels/callback-state.ts';
import { counted } from '../kit/print.ts';
import { bad, type Check, doubtful, firstOf, good } from './doctor-check.ts';

const SHOWN_MAX = 5;
const LOOKUP_MS = 3_000;
const PING_MS = 10_000;
const AT_A_TIME = 8;

/**
 * Runs the checks.
 * @param pool a pool for the purpose `admin`.
 * @param isDeep whether callbacks are called too.
 */
export async function checkDelivery(pool: Pool, config: Config, isDeep: boolean): Promise<Check[]> {
  const key = await findSecretKey(pool, config).catch((error: Error) => error);
  if (key instanceof Error) return [bad('secret key', key.message, 'See the message.')];
  const backlogs = await readBacklogs(pool);
  const reports = backlogs.map((backlog) => reportOf(backlog, key.unreadable));
  const callbacks = await readEnabledCallbacks(pool);
  const named = callbacks.flatMap((callback) => {
    const report = reports.find(
      ({ workspaceId, channelId }) =>
        workspaceId === callback.workspaceId && channelId === callback.channelId,
    );
    return report === undefined ? [] : [{ callback, report }];
  });
  return [
    checkSecretKey(key, config),
    checkCallbacks(reports),
    ...(reports.length === 0 ? [] : [checkWaiting(reports), checkDeadLetters(reports)]),
    ...(named.length === 0 ? [] : [await checkHosts(named, config)]),
    ...(named.length > 0 && isDeep ? [await checkResponses(named, config, key.box)] : []),
  ];
}

function checkSecretKey({ trouble, total, unreadable }: SecretKey, config: Config): Check {
  const name = 'secret key';
  const key = config.secretKey === undefined ? 'secret.key' : 'PARLEY_SECRET_KEY';
  if (unreadable.length === 0) {
    if (trouble !== null)
      return doubtful(name, 'none, so no callback can be configured', trouble.message);
    return total === 0
      ? good(name, 'nothing is sealed yet')
      : good(
          name,
          `${key} opens ${total === 1 ? 'the sealed value' : `all ${total} sealed values`}`,
        );
  }
  const count = `${unreadable.length} of ${counted(total, 'sealed value')}`;
  const lines = firstOf(unreadable.map(describeUnreadable), SHOWN_MAX);
  const what = 'cannot be opened';
  return bad(name, `${count} ${what}:\n${lines.join('\n')}`, trouble?.message ?? LOCKED_ADVICE);
}

/** An app that only waits for events does not notice that they are not sent. */
function checkCallbacks(reports: readonly CallbackReport[]): Check {
  const name = 'callbacks';
  if (reports.length === 0) return good(name, 'none configured');
  const ill = reports.filter(({ state }) => state !== 'healthy');
  const seen = `${reports.length} configured, none is disabled, failing or locked`;
  if (ill.length === 0) return good(name, seen);
  // The check of waiting events shows what waits for them.
  const lines = ill.map((report) => `${illnessOf(report)!}.`);
  const todo = [...new Set(ill.map((report) => adviceOn(report)!))].join(' ');
  const make = ill.some(({ state }) => state === 'locked') ? bad : doubtful;
  return make(name, firstOf(lines, SHOWN_MAX).join('\n'), todo);
}

function checkWaiting(reports: readonly CallbackReport[]): Check {
  const name = 'waiting events';
  const late = reports.filter((report) => isLate(report) || report.state !== 'healthy');
  const events = reports.reduce((sum, report) => sum + report.events, 0);
  const few = events === 0 ? 'none' : `${counted(events, 'event')}, none for long`;
  if (late.every(({ conversations }) => conversations === 0)) return good(name, few);
  const lines = late
    .filter(({ conversations }) => conversations > 0)
    .toSorted((a, b) => (a.waitingSince ?? a.now) - (b.waitingSince ?? b.now))
    .map((report) => `${placeOf(report)}: ${waitingText(report)}`);
  return doubtful(
    name,
    firstOf(lines, SHOWN_MAX).join('\n'),
    'See `parley channel list`, and `parley events attempts <event_id>` for the responses of the app. ' +
      'Once it is back: `parley events send-now --channel <name>`.',
  );
}

function checkDeadLetters(reports: readonly CallbackReport[]): Check {
  const name = 'dead letters';
  const some = reports.filter(({ deadLetters }) => deadLetters > 0);
  if (some.length === 0) return good(name, 'none');
  const lines = some
    .toSorted((a, b) => b.deadLetters - a.deadLetters)
    .map((report) => `${placeOf(report)}: ${counted(report.deadLetters, 'dead letter')}`);
  return doubtful(
    name,
    firstOf(lines, SHOWN_MAX).join('\n'),
    '`parley dead-letters summary` shows why; `resend` sends them again, `discard` removes them.',
  );
}

const placeOf = ({ channel, workspace }: CallbackReport): string =>
  `channel "${channel}" in workspace "${workspace}"`;

type Named = { readonly callback: CallbackRow; readonly report: CallbackReport };

async function checkHosts(named: readonly Named[], config: Config): Promise<Check> {
  const name = 'callback hosts';
  const rules = new ProxyRules(config);
  const faults = await eachOf(named, async ({ callback, report }) => {
    const fault = await faultOfHost(callback, rules);
    return fault === null ? null : `${placeOf(report)}: ${fault}`;
  });
  if (faults.length === 0) return good(name, 'all found, with allowed addresses');
  return doubtful(
    name,
    firstOf(faults, SHOWN_MAX).join('\n'),
    'Correct `callback.url` in parley.yaml, the name servers of this machine, or `callback.allow_cidrs`.',
  );
}

/** Describes what is wrong with the host of a callback; null if nothing is, or if a proxy resolves it. */
async function faultOfHost(callback: CallbackRow, rules: ProxyRules): Promise<string | null> {
  const url = URL.parse(callback.url);
  if (url === null) return 'its URL is invalid';
  if (rules.proxyFor(url.protocol, url.hostname, url.port) !== null) return null;
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const addresses = await resolveHost(host);
  if (typeof addresses === 'string') return `${host}: ${addresses}`;
  const guard = new AddressGuard(callback.allowedCidrs);
  const reasons = addresses.map((address) => guard.rejectionReason(address));
  return reasons.includes(null) ? null : `${host} cannot be called: ${reasons[0]}`;
}

/** Resolves a name to addresses, or to a sentence that says what went wrong. */
async function resolveHost(host: string): Promise<readonly string[] | string> {
  const { lookup } = await import('node:dns/promises');
  const found = lookup(host, { all: true }).then(
    (list) => (list.length === 0 ? 'the name has no address' : list.map(({ address }) => address)),
    (error: NodeJS.ErrnoException) => `the name was not found (${error.code})`,
  );
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, LOOKUP_MS, 'the name servers do not respond');
  });
  const response = await Promise.race([found, late]);
  clearTimeout(timer);
  return response;
}

/** Calls every callback once, as `channel ping` does. */
async function checkResponses(
  named: readonly Named[],
  config: Config,
  box: SecretBox | null,
): Promise<Check> {
  const name = 'callback answers';
  // Loaded only when something is sent.
  const { OutgoingHttp } = await import('../../outgoing/http-client.ts');
  const http = new OutgoingHttp({ clock: systemClock, proxy: config });
  const faults = await eachOf(named, async ({ callback, report }) => {
    if (box === null || report.state === 'locked') return `${placeOf(report)}: cannot be signed`;
    const timeoutMs = Math.min(callback.timeoutMs, PING_MS);
    const response = await pingCallback(callback, report.channel, box, http, timeoutMs);
    if (isDelivered(response)) return null;
    const said = response.kind === 'responded' ? `status ${response.status}` : response.detail;
    return `${placeOf(report)}: ${said}. ${adviceFor(response)}`;
  });
  await http.close();
  if (faults.length === 0) return good(name, `${named.length} of ${named.length} accepted a ping`);
  return bad(
    name,
    firstOf(faults, SHOWN_MAX).join('\n'),
    '`parley channel ping <name>` shows the whole response.',
  );
}

/** Runs a check on each item, a few at a time, and returns the findings in order. */
async function eachOf<Item>(
  items: readonly Item[],
  look: (item: Item) => Promise<string | null>,
): Promise<readonly string[]> {
  const found: (string | null)[] = [];
  for (let at = 0; at < items.length; at += AT_A_TIME) {
    found.push(...(await Promise.all(items.slice(at, at + AT_A_TIME).map(look))));
  }
  return found.filter((text) => text !== null);
}
