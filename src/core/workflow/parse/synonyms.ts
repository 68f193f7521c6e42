// The words that users of other tools write in our files. Used for suggestions only: none of them is understood.

/** Keys, each with the words of ours that it may stand for. */
const keys: ReadonlyMap<string, readonly string[]> = new Map([
  ['action', ['do']],
  ['buttons', ['options']],
  ['choices', ['options']],
  ['condition', ['when', 'cases']],
  ['conditions', ['cases', 'when']],
  ['default', ['otherwise']],
  ['delay', ['for']],
  ['duration', ['for', 'after']],
  ['else', ['otherwise']],
  ['goto', ['next']],
  ['if', ['when', 'cases']],
  ['kind', ['do']],
  ['message', ['body', 'prompt']],
  ['on_error', ['failed']],
  ['on_failure', ['failed']],
  ['question', ['body', 'prompt']],
  ['regex', ['pattern']],
  ['target', ['next']],
  ['text', ['body', 'prompt']],
  ['then', ['next', 'cases']],
  ['type', ['do']],
]);

const stepKinds: ReadonlyMap<string, string> = new Map([
  ['ask', 'ask_quick_reply'],
  ['condition', 'branch'],
  ['delay', 'wait'],
  ['else', 'branch'],
  ['http', 'call_webhook'],
  ['if', 'branch'],
  ['message', 'send_message'],
  ['say', 'send_message'],
  ['sleep', 'wait'],
  ['switch', 'branch'],
  ['webhook', 'call_webhook'],
]);

/** The key that is meant, if it is one of those that are known at the place. */
export const meantKey = (key: string, known: ReadonlySet<string>): string | undefined =>
  keys.get(key.toLowerCase())?.find((one) => known.has(one));

/** The kind of step that is meant. */
export const meantStepKind = (word: string): string | undefined =>
  stepKinds.get(word.toLowerCase());
