// Everything that can change a contact over the REST API, as a closed list. apply-contact-signal.ts applies each
// signal.

import type { AuditActor } from '../model/audit.ts';
import type { ContactProfile, ContactRole, Json } from '../model/model.ts';
import type { TagChange } from '../model/tag-ids.ts';

export type ContactSignal = { readonly actor: AuditActor } & (
  | {
      /** Adds and removes tags. The submitter has checked that they exist. */
      readonly kind: 'contact_tags';
      readonly tags: TagChange;
    }
  | { readonly kind: 'create_contact'; readonly given: GivenContact }
  | { readonly kind: 'update_contact'; readonly given: GivenContact }
  | {
      /** The contact is a lead, and becomes a part of a user. */
      readonly kind: 'merge_contact';
      readonly intoId: string;
    }
  | {
      /** Attaches a type of subscriptions, or removes it. */
      readonly kind: 'contact_subscription';
      readonly typeId: number;
      readonly isAttached: boolean;
    }
  | { readonly kind: 'archive_contact' }
  | { readonly kind: 'unarchive_contact' }
  | { readonly kind: 'block_contact' }
  | { readonly kind: 'delete_contact' }
);

/** The fields of a contact that a caller gives. Null clears a field; one that is left out stays. */
export type GivenContact = {
  readonly role?: ContactRole;
  readonly externalId?: string;
  readonly name?: string | null;
  readonly email?: string | null;
  readonly phone?: string | null;
  readonly signedUpAt?: number | null;
  readonly profile: {
    readonly [Field in keyof ContactProfile]?: ContactProfile[Field] | null;
  };
  /** Null or an empty text clears an attribute. */
  readonly customAttributes: { readonly [name: string]: Json };
};
