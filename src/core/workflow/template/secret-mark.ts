// Placeholders of secrets: `${secret:name}` in a header or in the query of a call_webhook step. The server that makes
// the call fills in the value at that moment: no template, trace or version ever contains it.

/** Whether a text can be the name of a secret. */
export const isSecretName = (text: string): boolean => /^[A-Za-z][A-Za-z0-9_-]{0,63}$/.test(text);

/** Matches a placeholder with any content. */
export const secretMark = /\$\{\s*secret:([^}]*)\}/;

const everyMark = new RegExp(secretMark.source, 'g');

/** Lists the names in the placeholders of a text, as written. */
export const secretNamesIn = (text: string): readonly string[] =>
  [...text.matchAll(everyMark)].map(([, name = '']) => name);

/** Replaces each placeholder by a harmless text. */
export const withoutSecrets = (text: string): string => text.replaceAll(everyMark, 'x');

/** Replaces the placeholders by the values. */
export const fillSecrets = (text: string, lookUp: (name: string) => string): string =>
  text.replaceAll(everyMark, (_, name: string) => lookUp(name));
