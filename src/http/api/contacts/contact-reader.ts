// Reads the fields of a contact from a checked body (contract D.1). Asks no database.

import { limits } from '../../../base/limits.ts';
import { fail, ok, type Result } from '../../../base/result.ts';
import { apiError, type ContractError } from '../../../contract/errors.ts';
import { readId } from '../../../contract/read-id.ts';
import { cleanText } from '../../../contract/text.ts';
import type { GivenContact } from '../../../core/contact/signal.ts';
import { readAttributes } from '../../server/read-attributes.ts';
import type { ContactBody } from './write-schema.ts';

/** Reads the body of a creation, which must identify the contact. */
export function readNewContact(body: ContactBody): Result<GivenContact, ContractError> {
  const given = readContact(body);
  if (!given.ok) return given;
  const { role, externalId, email } = given.value;
  if (role === 'lead' || externalId !== undefined || (email ?? null) !== null) return given;
  const message =
    role === 'user'
      ? 'A user needs an email or an external_id'
      : 'One of email, external_id and role is required';
  return fail(apiError('parameterRequired', 'email', message));
}

/** Reads the fields. */
export function readContact(body: ContactBody): Result<GivenContact, ContractError> {
  const avatar = readAvatar(body.avatar);
  if (!avatar.ok) return avatar;
  const signedUpAt = readTime(body.signed_up_at, 'signed_up_at');
  if (!signedUpAt.ok) return signedUpAt;
  const lastSeenAt = readTime(body.last_seen_at, 'last_seen_at');
  if (!lastSeenAt.ok) return lastSeenAt;
  const customAttributes = readAttributes(body.custom_attributes ?? {});
  if (!customAttributes.ok) return customAttributes;
  const { role, external_id: externalId, owner_id: ownerId } = body;
  const profile = {
    avatarUrl: avatar.value,
    ownerId: ownerId === undefined || ownerId === null ? ownerId : readId(ownerId),
    lastSeenAt: lastSeenAt.value,
    languageOverride: readText(body.language_override),
    isUnsubscribedFromEmails: body.unsubscribed_from_emails,
  };
  return ok({
    ...given({
      role: role ?? undefined,
      externalId: String(externalId ?? '').trim() === '' ? undefined : String(externalId),
      name: readText(body.name),
      email: readText(body.email),
      phone: readText(body.phone),
      signedUpAt: signedUpAt.value,
    }),
    profile: given(profile),
    customAttributes: customAttributes.value,
  });
}

/** Removes the fields that are undefined. */
const given = <Fields extends object>(
  fields: Fields,
): { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;

/** Reads a text; an empty or blank one clears the field, as null does. */
function readText(text: string | null | undefined): string | null | undefined {
  if (text === undefined || text === null) return text;
  const clean = cleanText(text);
  return clean.trim() === '' ? null : clean;
}

function readTime(
  seconds: number | null | undefined,
  field: string,
): Result<number | null | undefined, ContractError> {
  if (seconds === undefined || seconds === null) return ok(seconds);
  if (seconds >= 0 && seconds <= limits.secondsMax) return ok(seconds * 1000);
  const message = `${field} must be in unix seconds, before the year 10000`;
  return fail(apiError('parameterInvalid', field, message));
}

function readAvatar(
  avatar: ContactBody['avatar'],
): Result<string | null | undefined, ContractError> {
  const url = typeof avatar === 'object' && avatar !== null ? (avatar.image_url ?? null) : avatar;
  if (url === undefined) return ok(undefined);
  if (url === null || url === '') return ok(null);
  const address = typeof url === 'string' ? cleanText(url) : '';
  if (address.length <= limits.urlCharactersMax && /^https?:$/.test(protocolOf(address))) {
    return ok(address);
  }
  return fail(apiError('parameterInvalid', 'avatar', 'avatar must be an http or https address'));
}

const protocolOf = (url: string): string => URL.parse(url)?.protocol ?? '';
