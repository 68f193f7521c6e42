// The order of lists that the wire shows without an explicit sort.

/** Sorts rows by id: the order in which they were created. */
export const inOrder = <Row extends { readonly id: number }>(
  rows: ReadonlyMap<number, Row>,
): Row[] => [...rows.values()].sort((a, b) => a.id - b.id);
