// The extent of the benchmark: a full plan, and a quick one for changes.

import type { BacklogShape } from './outbound/backlog.ts';

export type Plan = {
  readonly rounds: number;
  /** Warm-up, once for every side: until it is compiled well, a Node process takes half as much time again. */
  readonly compileSeconds: number;
  /** At the beginning of every measurement. */
  readonly warmUpSeconds: number;
  readonly seconds: number;
  readonly storedConversations: number;
  /** Conversations whose workflow waits for the contact, each with a time limit. */
  readonly waitingConversations: number;
  readonly answers: AnswersPlan;
};

/** For greetings and deliveries. */
export type AnswersPlan = {
  readonly rounds: number;
  /** In a round, one after the other. */
  readonly greetings: number;
  readonly backlog: BacklogShape;
  /** How long the slower ones are measured; they need not deliver everything. */
  readonly graphileSeconds: number;
};

export const fullPlan: Plan = {
  rounds: 5,
  compileSeconds: 15,
  warmUpSeconds: 2,
  seconds: 5,
  storedConversations: 1_000_000,
  waitingConversations: 100_000,
  answers: {
    rounds: 3,
    greetings: 300,
    backlog: { conversations: 2_000, eventsEach: 10 },
    graphileSeconds: 4,
  },
};

export const quickPlan: Plan = {
  rounds: 3,
  compileSeconds: 5,
  warmUpSeconds: 1,
  seconds: 2,
  storedConversations: 100_000,
  waitingConversations: 100_000,
  answers: {
    rounds: 1,
    greetings: 100,
    backlog: { conversations: 2_000, eventsEach: 5 },
    graphileSeconds: 2,
  },
};
