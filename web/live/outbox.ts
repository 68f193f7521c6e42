// Messages on their way to the server. Each has a key from the moment the box is emptied until the server has
// answered for it, so that sending it again is safe: never twice, never lost, also across reloads.

import type { QueryClient } from '@tanstack/react-query';
import { ApiFailure, ask, isTemporary } from './api.ts';
import { keep, keptNames, newKey, readKept } from './kept.ts';
import { fetchNewParts, mergeRow } from './queries.ts';
import type { MessageKind, Row } from './wire.ts';

export type Message = {
  readonly key: string;
  readonly conversationId: string;
  readonly kind: MessageKind;
  readonly body: string;
  /** The newest part that its writer had seen. */
  readonly seenPosition: number;
  /** Send it although the conversation moved on. */
  readonly isForced: boolean;
  readonly writtenAt: number;
  readonly attempts: number;
  readonly state: 'sending' | 'unknown' | 'refused';
  readonly reason: string | null;
  /** Another teammate was first: the writer decides. */
  readonly hasMoved: boolean;
};

type NewMessage = Pick<Message, 'conversationId' | 'kind' | 'body' | 'seenPosition' | 'isForced'>;

const RETRY_AFTER_MS = [1_000, 3_000, 10_000, 30_000];
/** Messages of other tabs, which send them themselves, are left alone for this long. */
const FOREIGN_MS = 30_000;

export class Outbox {
  readonly #client: QueryClient;
  readonly #prefix: string;
  readonly #listeners = new Set<() => void>();
  readonly #busy = new Set<string>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  #messages: readonly Message[] = [];

  constructor(client: QueryClient, adminId: string) {
    this.#client = client;
    this.#prefix = `parley:outbox:${adminId}:`;
    this.#messages = this.#read();
    for (const { conversationId } of this.#messages) this.#pump(conversationId);
    addEventListener('online', this.retryNow);
    addEventListener('storage', this.#takeForeign);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly messages = (): readonly Message[] => this.#messages;

  /** Takes over a message. @returns false if the browser cannot keep it: then it stays in the box. */
  add(message: NewMessage): boolean {
    const added: Message = {
      ...message,
      key: newKey(),
      writtenAt: Date.now(),
      attempts: 0,
      state: 'sending',
      reason: null,
      hasMoved: false,
    };
    if (!keep(this.#prefix + added.key, added)) return false;
    this.#messages = [...this.#messages, added];
    this.#notify();
    this.#pump(added.conversationId);
    return true;
  }

  /** Forgets a message that was not sent. */
  remove({ key, conversationId }: Message): void {
    clearTimeout(this.#timers.get(key));
    keep(this.#prefix + key, null);
    this.#messages = this.#messages.filter((message) => message.key !== key);
    this.#notify();
    this.#pump(conversationId);
  }

  /** Sends everything that waits for another attempt. */
  readonly retryNow = (): void => {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    for (const { conversationId } of this.#messages) this.#pump(conversationId);
  };

  /** Sends the first message of a conversation that is not refused; the others wait for it. */
  #pump(conversationId: string): void {
    const next = this.#messages.find(
      (message) => message.conversationId === conversationId && message.state !== 'refused',
    );
    if (next === undefined || this.#busy.has(conversationId) || this.#timers.has(next.key)) return;
    this.#busy.add(conversationId);
    void this.#send(next).finally(() => {
      this.#busy.delete(conversationId);
      this.#pump(conversationId);
    });
  }

  async #send(message: Message): Promise<void> {
    const { key, conversationId, kind, body, seenPosition, isForced } = message;
    try {
      const { conversation } = await ask<{ conversation: Row }>(
        'POST',
        `/conversations/${conversationId}/messages`,
        {
          key,
          body: { kind, body, seen_position: seenPosition, ...(isForced && { force: true }) },
        },
      );
      mergeRow(this.#client, conversation);
      // The part first, so that the message is on the screen at every moment.
      await fetchNewParts(this.#client, conversationId).catch(() => undefined);
      this.remove(message);
    } catch (error) {
      this.#noteFailure(message, error);
    }
  }

  #noteFailure(message: Message, error: unknown): void {
    const attempts = message.attempts + 1;
    const isSignedOut = error instanceof ApiFailure && error.status === 401;
    if (isTemporary(error) || isSignedOut) {
      const waitMs = RETRY_AFTER_MS[Math.min(attempts, RETRY_AFTER_MS.length) - 1]!;
      this.#update({ ...message, attempts, state: 'unknown' });
      const timer = setTimeout(() => {
        this.#timers.delete(message.key);
        this.#pump(message.conversationId);
      }, waitMs);
      this.#timers.set(message.key, timer);
      return;
    }
    const { code, message: reason } = error as ApiFailure;
    const hasMoved = code === 'conversation_moved';
    this.#update({ ...message, attempts, state: 'refused', reason, hasMoved });
  }

  #update(message: Message): void {
    if (!this.#messages.some(({ key }) => key === message.key)) return;
    keep(this.#prefix + message.key, message);
    this.#messages = this.#messages.map((known) => (known.key === message.key ? message : known));
    this.#notify();
  }

  #read(): readonly Message[] {
    return keptNames(this.#prefix)
      .map((name) => readKept<Message>(name))
      .filter((message) => message !== null)
      .sort((a, b) => a.writtenAt - b.writtenAt);
  }

  /** Shows what other tabs wrote. They send it; this tab does when they seem to be gone. */
  readonly #takeForeign = ({ key }: StorageEvent): void => {
    if (key !== null && !key.startsWith(this.#prefix)) return;
    this.#messages = this.#read();
    this.#notify();
    setTimeout(this.retryNow, FOREIGN_MS);
  };

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}
