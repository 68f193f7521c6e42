// How a conversation began, as far as neither its contact nor its first part shows it. Most begin with an event of an
// app and have none of this.

export type Source = {
  /** The teammate who began it; absent: a contact did. */
  readonly adminId?: number;
  /** The contact who began it, once it is no longer the first one of the conversation. */
  readonly contactId?: string;
  readonly subject?: string;
  /** It began with its first part; absent: with an event that brought no message. */
  readonly hasMessage?: true;
};
