// Compares two schema texts object by object and line by line: what a database lacks, and what it has in addition.

export type SchemaDifference = {
  /** The object, for example `table contacts`. */
  readonly object: string;
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
};

/**
 * Compares texts that text.ts wrote.
 * @returns the objects that differ; none if the schemas are equal.
 */
export function compareSchemas(expected: string, actual: string): SchemaDifference[] {
  const wanted = splitObjects(expected);
  const found = splitObjects(actual);
  const objects = [...new Set([...wanted.keys(), ...found.keys()])];
  return objects
    .map((object) => {
      const wantedLines = wanted.get(object) ?? [];
      const foundLines = found.get(object) ?? [];
      return {
        object,
        missing: without(wantedLines, foundLines),
        unexpected: without(foundLines, wantedLines),
      };
    })
    .filter(({ missing, unexpected }) => missing.length + unexpected.length > 0);
}

/** Maps headings to objects. A heading that occurs twice (an overloaded function) collects both. */
function splitObjects(text: string): Map<string, string[]> {
  const objects = new Map<string, string[]>();
  const [, ...blocks] = text.split(
    /\n+-- (?=sequence |function |table |view |enum |type |\w+ view )/,
  );
  for (const block of blocks) {
    const [heading, ...lines] = block.split('\n');
    // The comma after a column does not count as a difference.
    const bare = lines.map((line) => line.trim().replace(/,$/, '')).filter((line) => line !== '');
    objects.set(heading!, [...(objects.get(heading!) ?? []), ...bare]);
  }
  return objects;
}

function without(lines: readonly string[], others: readonly string[]): string[] {
  const known = new Set(others);
  return lines.filter((line) => !known.has(line));
}
