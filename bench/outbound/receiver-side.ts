// The receiver's process as the bench sees it: the URLs for events, and what arrived there.

import { nextLine, startChild } from '../child.ts';
import type { ArrivalReport } from './arrivals.ts';
import type { GreetingOrder, GreetingResult } from './greetings.ts';

export type ReceiverSide = {
  /** The URL for the events of a series. */
  urlOf(series: string): string;
  forget(series: string): Promise<void>;
  report(series: string): Promise<ArrivalReport>;
  /** Makes it notify conversations and wait for their greetings. */
  greet(order: GreetingOrder): Promise<GreetingResult>;
  stop(): Promise<void>;
};

export async function startReceiver(): Promise<ReceiverSide> {
  const child = startChild(['bench/receiver.ts'], {});
  const { url } = await nextLine<{ url: string }>(child);
  const urlOf = (series: string) => `${url}/events/${series}`;
  const ask = async (address: string, request: RequestInit = {}): Promise<string> => {
    const response = await fetch(address, request);
    const text = await response.text();
    if (response.status !== 200) throw new Error(`the receiver: ${text}`);
    return text;
  };
  return {
    urlOf,
    forget: async (series) => void (await ask(urlOf(series), { method: 'DELETE' })),
    report: async (series) => JSON.parse(await ask(urlOf(series))),
    greet: async (order) =>
      JSON.parse(await ask(`${url}/greetings`, { method: 'POST', body: JSON.stringify(order) })),
    stop: () => child.stop(),
  };
}
