// Words of other tools that users may write in workflow files. For suggestions only: none of them is accepted.

/** Foreign keys, each with the keys of Parley that it may mean. */
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

/** Finds the key that is meant, among those known here. */
export const meantKey = (key: string, known: ReadonlySet<string>): string | undefined =>
  keys.get(key.toLowerCase())?.find((one) => known.has(one));

/** Finds the kind of step that is meant. */
export const meantStepKind = (word: string): string | undefined =>
  stepKinds.get(word.toLowerCase());
