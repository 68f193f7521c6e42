// The settings: read from the environment once, checked all together, never read again anywhere else.

import { resolve } from 'node:path';
import { readCidr } from './base/address-ranges.ts';
import { expandHome } from './base/home-path.ts';
import { limits } from './base/limits.ts';
import { type LogLevel, logLevels } from './base/log.ts';
import { fail, ok, type Result } from './base/result.ts';
import {
  matching,
  readOrigin,
  readProxyUrl,
  readSwitch,
  secret,
  wholeNumber,
} from './base/setting-values.ts';

export type Config = {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
  /** Installed for the default channel at every start. */
  readonly bootstrapToken: string | undefined;
  /** PARLEY_TOKEN: the token that an app, or a command beside it, sends to a server. Not a setting of the server. */
  readonly appToken: string | undefined;
  readonly configFile: string | undefined;
  readonly secretKey: string | undefined;
  readonly logLevel: LogLevel;
  /** Addresses and ranges of proxies whose forwarded client address is trusted. */
  readonly trustedProxies: readonly string[] | undefined;
  /** Requests per minute and token; 0 means no limit. */
  readonly rateLimit: number;
  readonly bodyLimitBytes: number;
  /** The address under which clients reach this server. */
  readonly publicUrl: string | undefined;
  readonly filesDir: string | undefined;
  /** The bucket of files, with its service; undefined: files are in the folder. */
  readonly filesBucket: string | undefined;
  readonly filesEndpoint: string | undefined;
  readonly filesRegion: string;
  readonly filesPathStyle: boolean | undefined;
  readonly filesAccessKey: string | undefined;
  readonly filesSecretKey: string | undefined;
  readonly fileBytesMax: number;
  /** The most bytes of the files of a workspace; 0 means no limit. */
  readonly fileQuotaBytes: number;
  readonly fileTypes: readonly string[];
  readonly fileLinkSeconds: number;
  readonly drainSeconds: number;
  readonly groupSignalsMax: number;
  readonly groupsInFlightMax: number;
  /** The proxy variables that most tools read. */
  readonly httpsProxy: URL | undefined;
  readonly httpProxy: URL | undefined;
  readonly noProxy: string | undefined;
};

type Setting = {
  readonly name: string;
  readonly key: keyof Config;
  readonly about: string;
  readonly isSecret?: true;
  /** Whether the name may be in lower case too, as with other tools. */
  readonly isLowerCaseToo?: true;
  /** Returns the value, or what it must be. */
  readonly read: (text: string | undefined) => Result<unknown, string>;
};

const readDatabaseUrl = (text: string | undefined): Result<string | undefined, string> => {
  if (text === undefined) return ok(undefined);
  return URL.canParse(text) && /^postgres(ql)?:$/.test(new URL(text).protocol)
    ? ok(text)
    : fail('must be a URL such as postgresql://user:password@host:5432/database');
};

/** Reads an absolute path; expands `~`, which quotes and env files keep from a shell. */
function readPath(text: string): Result<string, string> {
  const path = expandHome(text);
  return path.ok ? ok(resolve(path.value)) : path;
}

const readLogLevel = (text: string | undefined): Result<LogLevel, string> => {
  const level = logLevels.find((candidate) => candidate === (text ?? 'info'));
  return level === undefined ? fail(`must be one of: ${logLevels.join(', ')}`) : ok(level);
};

const readHost = (text: string | undefined): Result<string, string> =>
  text === undefined || /^[A-Za-z0-9.:_%-]{1,255}$/.test(text)
    ? ok(text ?? '127.0.0.1')
    : fail('must be an address or a host name, without a port');

/** Rejects a range of all addresses: it would trust every client. */
const isProxyRange = (text: string): boolean => (readCidr(text)?.prefix ?? 0) > 0;

const readTrustedProxies = (
  text: string | undefined,
): Result<readonly string[] | undefined, string> => {
  if (text === undefined) return ok(undefined);
  const ranges = text.split(',').map((range) => range.trim());
  return ranges.every(isProxyRange)
    ? ok(ranges)
    : fail('must be addresses or ranges with commas between them, such as 10.0.0.0/8,fd00::1');
};

const readFileTypes = (text: string | undefined): Result<readonly string[], string> => {
  const types = (text ?? '*/*').split(',').map((type) => type.trim().toLowerCase());
  return types.every((type) => /^(\*\/\*|[a-z]+\/(\*|[a-z0-9.+-]+))$/.test(type))
    ? ok(types)
    : fail('must be types with commas between them, such as image/*,application/pdf');
};

const readKey = matching(/^[\x21-\x7e]{1,1000}$/, 'must be visible ASCII characters, no spaces');

export const settings: readonly Setting[] = [
  {
    name: 'PARLEY_HOST',
    key: 'host',
    about: 'Address to listen on. 0.0.0.0 opens it to the network.',
    read: readHost,
  },
  {
    name: 'PARLEY_PORT',
    key: 'port',
    about: 'Port to listen on; 0 picks a free one and prints it.',
    read: wholeNumber(3000, 0, 65_535),
  },
  {
    name: 'PARLEY_DATA_DIR',
    key: 'dataDir',
    about: 'Folder of the embedded PostgreSQL.',
    read: (text) => readPath(text ?? '.parley'),
  },
  {
    name: 'PARLEY_DATABASE_URL',
    key: 'databaseUrl',
    about: 'An external PostgreSQL 15 or newer; nothing embedded starts then.',
    isSecret: true,
    read: readDatabaseUrl,
  },
  {
    name: 'PARLEY_BOOTSTRAP_TOKEN',
    key: 'bootstrapToken',
    about: 'This access token is installed for the default channel at start.',
    isSecret: true,
    read: secret(16, 200, 'openssl rand -hex 32'),
  },
  {
    name: 'PARLEY_CONFIG',
    key: 'configFile',
    about: 'A parley.yaml that is applied at every start, as `parley apply` would.',
    read: (text) => (text === undefined ? ok(undefined) : readPath(text)),
  },
  {
    name: 'PARLEY_SECRET_KEY',
    key: 'secretKey',
    about: 'Seals the secrets of callbacks in the database; needed with PARLEY_DATABASE_URL.',
    isSecret: true,
    read: secret(32, 1000, 'openssl rand -base64 32'),
  },
  {
    name: 'PARLEY_LOG_LEVEL',
    key: 'logLevel',
    about: `How much to log: ${logLevels.join(', ')}. Answered requests below 400 are logged at debug.`,
    read: readLogLevel,
  },
  {
    name: 'PARLEY_TRUSTED_PROXIES',
    key: 'trustedProxies',
    about: 'Proxies whose X-Forwarded-For is trusted: addresses and ranges, with commas.',
    read: readTrustedProxies,
  },
  {
    name: 'PARLEY_RATE_LIMIT',
    key: 'rateLimit',
    about:
      'Requests a minute and token, counted in windows of 10 s on each server; 0 turns it off.',
    read: wholeNumber(600_000, 0, 1_000_000_000),
  },
  {
    name: 'PARLEY_BODY_LIMIT',
    key: 'bodyLimitBytes',
    about: 'Largest request body, in bytes.',
    read: wholeNumber(limits.channelEventBodyBytesMax, 1024, 104_857_600),
  },
  {
    name: 'PARLEY_PUBLIC_URL',
    key: 'publicUrl',
    about: 'Address under which clients reach this server, for links to files.',
    read: readOrigin,
  },
  {
    name: 'PARLEY_FILES_DIR',
    key: 'filesDir',
    about: 'Folder of the files of conversations; `files` in the data folder by default.',
    read: (text) => (text === undefined ? ok(undefined) : readPath(text)),
  },
  {
    name: 'PARLEY_FILES_BUCKET',
    key: 'filesBucket',
    about: 'S3-compatible bucket for the files of conversations, instead of the folder.',
    read: matching(/^[A-Za-z0-9][A-Za-z0-9._-]{1,62}$/, 'must be the name of a bucket'),
  },
  {
    name: 'PARLEY_FILES_ENDPOINT',
    key: 'filesEndpoint',
    about: 'Address of the service that has the bucket; that of Amazon by default.',
    read: readOrigin,
  },
  {
    name: 'PARLEY_FILES_REGION',
    key: 'filesRegion',
    about: 'Region of the bucket.',
    read: (text) =>
      matching(/^[a-z0-9-]{1,50}$/, 'must be a region such as eu-central-1')(text ?? 'us-east-1'),
  },
  {
    name: 'PARLEY_FILES_PATH_STYLE',
    key: 'filesPathStyle',
    about: 'Whether the name of the bucket is in the path: on or off; on with an endpoint.',
    read: readSwitch,
  },
  {
    name: 'PARLEY_FILES_ACCESS_KEY',
    key: 'filesAccessKey',
    about: 'Access key of the bucket; by default what AWS_… variables and roles say.',
    isSecret: true,
    read: readKey,
  },
  {
    name: 'PARLEY_FILES_SECRET_KEY',
    key: 'filesSecretKey',
    about: 'Secret key that belongs to the access key.',
    isSecret: true,
    read: readKey,
  },
  {
    name: 'PARLEY_FILES_SIZE',
    key: 'fileBytesMax',
    about: 'Largest file, in bytes.',
    read: wholeNumber(20_971_520, 1024, 104_857_600),
  },
  {
    name: 'PARLEY_FILES_QUOTA',
    key: 'fileQuotaBytes',
    about: 'Bytes that the files of one workspace may take together; 0 means no limit.',
    read: wholeNumber(10_737_418_240, 0, 999_999_999_999),
  },
  {
    name: 'PARLEY_FILES_TYPES',
    key: 'fileTypes',
    about: 'Accepted types of files, such as image/*, with commas. Read from their content.',
    read: readFileTypes,
  },
  {
    name: 'PARLEY_FILES_LINK_TTL',
    key: 'fileLinkSeconds',
    about: 'Seconds for which a link to a file is valid.',
    read: wholeNumber(86_400, 60, 604_800),
  },
  {
    name: 'PARLEY_DRAIN_SECONDS',
    key: 'drainSeconds',
    about: 'After SIGTERM: seconds in which requests are still served while /readyz says 503.',
    read: wholeNumber(5, 0, 300),
  },
  {
    name: 'PARLEY_GROUP_SIZE',
    key: 'groupSignalsMax',
    about: 'Signals committed together at most. 1 commits each alone.',
    read: wholeNumber(limits.groupSignalsMax, 1, 1000),
  },
  {
    name: 'PARLEY_GROUPS_IN_FLIGHT',
    key: 'groupsInFlightMax',
    about: 'Groups committed side by side at most; each uses a connection.',
    read: wholeNumber(limits.groupsInFlightMax, 1, 32),
  },
  {
    name: 'HTTPS_PROXY',
    key: 'httpsProxy',
    about: 'Proxy for callbacks and webhook calls to https: URLs, by CONNECT; also as https_proxy.',
    isSecret: true,
    isLowerCaseToo: true,
    read: readProxyUrl,
  },
  {
    name: 'HTTP_PROXY',
    key: 'httpProxy',
    about: 'The same for http: URLs; also as http_proxy.',
    isSecret: true,
    isLowerCaseToo: true,
    read: readProxyUrl,
  },
  {
    name: 'NO_PROXY',
    key: 'noProxy',
    about:
      'Hosts, domains, addresses and ranges that are called without the proxy; also as no_proxy.',
    isLowerCaseToo: true,
    read: (text) => ok(text),
  },
];

/**
 * Reads the settings.
 * @param environment names to values; an empty value counts as unset.
 * @returns the settings, or every fault, each naming its variable.
 */
export function readConfig(
  environment: Readonly<Record<string, string | undefined>>,
): Result<Config, readonly string[]> {
  const faults: string[] = [];
  const config: Record<string, unknown> = { appToken: environment['PARLEY_TOKEN'] || undefined };
  for (const setting of settings) {
    const text = givenText(setting, environment);
    const value = setting.read(text);
    if (value.ok) config[setting.key] = value.value;
    else faults.push(`${setting.name} ${value.error}${setting.isSecret ? '' : `, not "${text}"`}`);
  }
  if ((config['filesAccessKey'] === undefined) !== (config['filesSecretKey'] === undefined)) {
    faults.push('PARLEY_FILES_ACCESS_KEY and PARLEY_FILES_SECRET_KEY must be set together');
  }
  return faults.length === 0 ? ok(config as unknown as Config) : fail(faults);
}

/** Returns the environment's value of a setting; an empty value counts as unset. */
export function givenText(
  { name, isLowerCaseToo }: Setting,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const text = environment[name] || (isLowerCaseToo ? environment[name.toLowerCase()] : undefined);
  return text === '' ? undefined : text;
}

/** Variables of Parley that are not settings: set by the launcher and by tests. */
const internalNames = [
  ...['PARLEY_LAUNCHED', 'PARLEY_FAULT_POINT'],
  // Settings of the example app.
  ...['PARLEY_TOKEN', 'PARLEY_URL', 'PARLEY_CALLBACK_SECRET'],
];

/** Finds variables that look like settings but are none, probably misspelt. Kubernetes sets some of this form. */
export function unknownSettings(
  environment: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const known = new Set([...settings.map(({ name }) => name), ...internalNames]);
  return Object.keys(environment).filter(
    (name) => name.startsWith('PARLEY_') && !known.has(name) && !/_(SERVICE|PORT)(_|$)/.test(name),
  );
}

/** Shows a value: secrets are masked, the host and database of a URL are kept. */
export function showSetting(setting: Setting, config: Config): string {
  const value = config[setting.key];
  if (value === undefined) return '(not set)';
  if (setting.key === 'databaseUrl') return maskUrl(String(value));
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return setting.isSecret ? '********' : String(value);
}

function maskUrl(text: string): string {
  const url = new URL(text);
  if (url.password !== '') url.password = '********';
  for (const name of url.searchParams.keys()) {
    if (/pass|secret|key/i.test(name)) url.searchParams.set(name, '********');
  }
  return url.toString();
}
