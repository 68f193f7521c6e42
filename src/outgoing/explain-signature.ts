// Explains why a signature does not match its body: tries the usual mistakes of receivers one by one. Its findings
// never contain a secret or a matching signature.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { hubSignature, signingKey, standardContent, standardSignature } from './sign.ts';

export type SignatureQuestion = {
  /** The secrets that may have been used: the current and the previous one. */
  readonly secrets: readonly string[];
  /** The headers as received; the case of their names does not matter. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The body as received, or as the receiver thinks it was. */
  readonly body: string;
  readonly nowSeconds: number;
};

export type SignatureExplanation = {
  /** Whether a receiver that checks `webhook-signature`, or only X-Hub-Signature, should accept it. */
  readonly isValid: boolean;
  /** Sentences about what matches and what does not, the most telling first. */
  readonly findings: readonly string[];
};

/** How far off a timestamp may be, as in the libraries of Standard Webhooks. */
const toleranceSeconds = 5 * 60;

/** Explains whether and why a signature matches its body. */
export function explainSignature(question: SignatureQuestion): SignatureExplanation {
  const headers = lowerCased(question.headers);
  const secrets = question.secrets.filter((secret) => secret !== '');
  if (secrets.length === 0) {
    return { isValid: false, findings: ['There is no secret to check with.'] };
  }
  const asked = { ...question, secrets, headers };
  if (headers['webhook-signature'] !== undefined) return explainStandard(asked);
  const hub = explainHub(asked);
  return hub.findings.length > 0
    ? hub
    : {
        isValid: false,
        findings: [
          'No signature: neither webhook-signature nor X-Hub-Signature nor X-Hub-Signature-256 is among the headers.',
        ],
      };
}

type Asked = SignatureQuestion & { readonly headers: Readonly<Record<string, string>> };

function explainStandard(asked: Asked): SignatureExplanation {
  const { headers, nowSeconds } = asked;
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  if (id === undefined || timestamp === undefined) {
    const missing = id === undefined ? 'webhook-id' : 'webhook-timestamp';
    return { isValid: false, findings: [`The header ${missing} is missing; it is signed too.`] };
  }
  const timing = explainTime(timestamp, nowSeconds);
  const given = signaturesIn(headers['webhook-signature']!);
  const fitting = asked.secrets.findIndex((secret) =>
    given.isOneOf(standardSignature(secret, standardContent(id, timestamp, asked.body))),
  );
  if (fitting >= 0) {
    const which = fitting === 0 ? '' : ' It was made with the previous secret.';
    return {
      isValid: timing === null,
      findings: [`The signature fits this body.${which}`, ...(timing === null ? [] : [timing])],
    };
  }
  const findings = [...given.findings, ...explainMismatch(asked, id, timestamp, given)];
  const reason =
    'The signature fits neither this body nor any usual change of it: the secret is another one ' +
    '(of another channel, or from before a rotation), or the body was altered.';
  const mismatch = findings.length > 0 ? findings : [reason];
  return { isValid: false, findings: timing === null ? mismatch : [...mismatch, timing] };
}

/** Finds the mistake that explains the signature. */
function explainMismatch(
  asked: Asked,
  id: string,
  timestamp: string,
  given: GivenSignatures,
): string[] {
  const { secrets, body } = asked;
  const fits = (content: string) =>
    secrets.some((secret) => given.isOneOf(standardSignature(secret, content)));
  const signed = standardContent(id, timestamp, body);
  const findings: string[] = [];
  for (const [what, variant] of bodyVariants(body)) {
    if (fits(standardContent(id, timestamp, variant))) {
      findings.push(`The body was changed before it was checked: the signature fits it ${what}.`);
    }
  }
  for (const [what, keyOf] of otherKeys) {
    const isIt = secrets.some((secret) => {
      const key = keyOf(secret);
      return (
        key !== null && given.isOneOf(createHmac('sha256', key).update(signed).digest('base64'))
      );
    });
    if (isIt) findings.push(`The secret was read in another way: the signature fits ${what}.`);
  }
  const bodyId = idIn(body);
  if (bodyId !== null && bodyId !== id) {
    findings.push(
      fits(standardContent(bodyId, timestamp, body))
        ? `The header webhook-id is not the one that was signed: the signature fits ${bodyId}, the id in the body.`
        : `The header webhook-id (${id}) names another event than the body (${bodyId}).`,
    );
  }
  if (fits(body)) {
    findings.push(
      'Only the body was signed; webhook-id and webhook-timestamp belong to it, joined by dots.',
    );
  }
  return findings;
}

type GivenSignatures = {
  readonly isOneOf: (expectedBase64: string) => boolean;
  /** Findings about the format of the signatures. */
  readonly findings: readonly string[];
};

/** Reads `v1,<base64> v1,<base64>`; also reads the formats of other schemes, with a finding. */
function signaturesIn(header: string): GivenSignatures {
  const findings: string[] = [];
  const signatures: Buffer[] = [];
  for (const word of header.split(/\s+/).filter((text) => text !== '')) {
    const [version, rest] = word.includes(',') ? word.split(',', 2) : [null, word];
    if (version !== null && version !== 'v1') {
      findings.push(`${version} is not a version that Parley signs with; it uses v1.`);
      continue;
    }
    let text = rest!;
    if (version === null)
      findings.push('The signature lacks its version: it is written v1,<base64>.');
    if (/^sha(1|256)=/.test(text)) {
      findings.push(
        'The prefix sha1= or sha256= belongs to X-Hub-Signature, not to webhook-signature.',
      );
      text = text.replace(/^sha(1|256)=/, '');
    }
    const isHex = /^([0-9a-f]{40}|[0-9a-f]{64})$/i.test(text);
    if (isHex) findings.push('The signature is written in hex; webhook-signature has base64.');
    signatures.push(Buffer.from(text, isHex ? 'hex' : 'base64'));
  }
  if (signatures.length === 0 && findings.length === 0)
    findings.push('webhook-signature is empty.');
  // A signature in a wrong format does not match, even if its bytes are right: no library accepts it.
  const isOdd = findings.length > 0;
  return {
    findings,
    isOneOf: (expected) =>
      !isOdd && signatures.some((one) => areEqual(one, Buffer.from(expected, 'base64'))),
  };
}

function explainHub({ headers, secrets, body }: Asked): SignatureExplanation {
  const findings: string[] = [];
  let isValid = true;
  for (const [name, algorithm] of [
    ['x-hub-signature-256', 'sha256'],
    ['x-hub-signature', 'sha1'],
  ] as const) {
    const given = headers[name];
    if (given === undefined) continue;
    const fits = (text: string, keyOf: (secret: string) => string | Buffer) =>
      secrets.some((secret) => {
        const expected = createHmac(algorithm, keyOf(secret)).update(text).digest('hex');
        return areEqual(Buffer.from(given), Buffer.from(`${algorithm}=${expected}`));
      });
    if (
      secrets.some((secret) => given === `${algorithm}=${hubSignature(algorithm, secret, body)}`)
    ) {
      findings.push(`${name} fits this body.`);
      continue;
    }
    isValid = false;
    const variant = bodyVariants(body).find(([, text]) => fits(text, (secret) => secret));
    if (variant !== undefined) {
      findings.push(`${name}: the body was changed before it was checked; it fits ${variant[0]}.`);
    } else if (fits(body, signingKey)) {
      findings.push(
        `${name} is keyed with the text of the secret, whsec_ included, and not with its decoded bytes.`,
      );
    } else if (!given.startsWith(`${algorithm}=`)) {
      findings.push(`${name} begins with ${algorithm}= and goes on in hex.`);
    } else {
      findings.push(`${name} does not fit: another secret, or the body was altered.`);
    }
  }
  return { isValid: isValid && findings.length > 0, findings };
}

/** Lists the ways in which receivers change a body before they check its signature. */
function bodyVariants(body: string): (readonly [what: string, variant: string])[] {
  const variants: (readonly [string, string])[] = [
    ['without the line break at its end', body.replace(/\r?\n$/, '')],
    ['without spaces and line breaks around it', body.trim()],
    ['without the byte order mark', body.replace(/^\uFEFF/, '')],
    ['with LF line breaks', body.replaceAll('\r\n', '\n')],
  ];
  const parsed = parse(body);
  if (parsed !== undefined) {
    variants.push(
      ['as compact JSON, as it was sent (it was parsed and written again)', JSON.stringify(parsed)],
      ['as indented JSON (2 spaces)', JSON.stringify(parsed, null, 2)],
      ['as indented JSON (4 spaces)', JSON.stringify(parsed, null, 4)],
      ['as JSON with a space after each comma and colon', spacedJson(parsed)],
    );
    if (typeof parsed === 'string') variants.push(['without the quotes around it', parsed]);
  }
  const seen = new Set([body]);
  return variants.filter(([, variant]) => !seen.has(variant) && seen.add(variant));
}

/** Writes JSON as Python does by default. */
function spacedJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spacedJson).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(
    ([key, one]) => `${JSON.stringify(key)}: ${spacedJson(one)}`,
  );
  return `{${fields.join(', ')}}`;
}

const otherKeys: readonly (readonly [what: string, keyOf: (secret: string) => Buffer | null])[] = [
  [
    'the text of the secret, whsec_ included, as the key; decode the base64 behind whsec_ instead',
    (secret) => Buffer.from(secret),
  ],
  [
    'the text behind whsec_ as the key; decode its base64 instead',
    (secret) => (secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length)) : null),
  ],
  [
    'the secret read as base64; it has no whsec_ in front, perhaps that was lost',
    (secret) => (secret.startsWith('whsec_') ? null : Buffer.from(secret, 'base64')),
  ],
  ['the secret without the spaces around it', (secret) => signingKey(secret.trim())],
];

/** Explains the timestamp. @returns what is wrong with it; null if nothing is. */
function explainTime(timestamp: string, nowSeconds: number): string | null {
  if (!/^\d{1,15}$/.test(timestamp)) {
    return `webhook-timestamp is ${timestamp}; it should be whole seconds since 1970.`;
  }
  const seconds = Number(timestamp);
  if (seconds > 100_000_000_000)
    return 'webhook-timestamp is in milliseconds; it should be seconds.';
  const ageSeconds = nowSeconds - seconds;
  if (ageSeconds > toleranceSeconds) {
    return `webhook-timestamp is ${ageSeconds} seconds old: libraries reject more than ${toleranceSeconds}.`;
  }
  if (ageSeconds < -toleranceSeconds) {
    return `webhook-timestamp is ${-ageSeconds} seconds ahead: the receiver's clock is wrong, or ours.`;
  }
  return null;
}

/** Reads the id in a body of Parley: `event_id`, or `notif_…` in Intercom's format. */
function idIn(body: string): string | null {
  const parsed = parse(body) as { event_id?: unknown; id?: unknown } | null | undefined;
  if (typeof parsed !== 'object' || parsed === null) return null;
  if (typeof parsed.event_id === 'string') return parsed.event_id;
  return typeof parsed.id === 'string' ? parsed.id.replace(/^notif_/, '') : null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return undefined;
  }
}

const lowerCased = (headers: SignatureQuestion['headers']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name.toLowerCase(), value.trim()]],
    ),
  );

const areEqual = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b);
