// How a workflow names a secret: `${secret:name}`, in a header or in the query of a call_webhook step. The mark is
// filled in by the server that makes the call, at that moment: no template, trace or version ever holds the value.

/** The names that secrets can have. */
export const isSecretName = (text: string): boolean => /^[A-Za-z][A-Za-z0-9_-]{0,63}$/.test(text);

/** Finds a mark, whatever stands in it. */
export const secretMark = /\$\{\s*secret:([^}]*)\}/;

const everyMark = new RegExp(secretMark.source, 'g');

/** The names that a text has marks for, as they are written. */
export const secretNamesIn = (text: string): readonly string[] =>
  [...text.matchAll(everyMark)].map(([, name = '']) => name);

/** The text with something harmless in the place of each mark. */
export const withoutSecrets = (text: string): string => text.replaceAll(everyMark, 'x');

/** The text with the values in the place of the marks. */
export const fillSecrets = (text: string, lookUp: (name: string) => string): string =>
  text.replaceAll(everyMark, (_, name: string) => lookUp(name));
