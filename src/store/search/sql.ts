// SQL composed of pieces. A piece is text of this code with values in it; values become parameters, and only pieces
// can be put into pieces. So no input from outside can become SQL (docs/decisions/0017-composed-sql.md).

/** A piece of SQL with its values, and one text more than values. */
export class Sql {
  readonly texts: readonly string[];
  readonly values: readonly unknown[];

  constructor(texts: readonly string[], values: readonly unknown[]) {
    this.texts = texts;
    this.values = values;
  }

  /** Returns the statement in the form that pg takes. */
  toStatement(): { readonly text: string; readonly values: unknown[] } {
    const text = this.texts.reduce((before, after, index) => `${before}$${index}${after}`);
    return { text, values: [...this.values] };
  }
}

/** Makes a piece. Each `${}` contains another piece, or a value that becomes a parameter. */
export function sql(strings: TemplateStringsArray, ...parts: readonly unknown[]): Sql {
  const texts: string[] = [strings[0]!];
  const values: unknown[] = [];
  for (const [index, part] of parts.entries()) {
    if (part instanceof Sql) {
      texts.push(texts.pop()! + part.texts[0]!, ...part.texts.slice(1));
      values.push(...part.values);
    } else {
      texts.push('');
      values.push(part);
    }
    texts.push(texts.pop()! + strings[index + 1]!);
  }
  return new Sql(texts, values);
}

/** Makes a piece of constant text of this code, such as the columns of a row. Never for input from outside. */
export const code = (text: string): Sql => new Sql([text], []);

/** Joins pieces, at least one, with a separator of constant text. Copies each piece once. */
export function join(pieces: readonly Sql[], separator: string): Sql {
  const texts = [''];
  const values: unknown[] = [];
  for (const [index, piece] of pieces.entries()) {
    const last = texts.length - 1;
    texts[last] += `${index === 0 ? '' : separator}${piece.texts[0]!}`;
    for (const text of piece.texts.slice(1)) texts.push(text);
    for (const value of piece.values) values.push(value);
  }
  return new Sql(texts, values);
}

/** Joins pieces with AND. */
export const allOf = (pieces: readonly Sql[]): Sql =>
  pieces.length === 0 ? sql`true` : sql`(${join(pieces, ' and ')})`;

/** Joins pieces with OR. */
export const anyOf = (pieces: readonly Sql[]): Sql =>
  pieces.length === 0 ? sql`false` : sql`(${join(pieces, ' or ')})`;

/** Whether a column has one of some values, which are not null. */
export const isOneOf = (column: Sql, values: readonly unknown[], type: string): Sql =>
  values.length === 1
    ? sql`${column} = ${values[0]}::${code(type)}`
    : sql`${column} = any(${values}::${code(type)}[])`;
