// How thorough the slow tests are: each kind of kill once or twice by default; every variant and many repeats with
// PARLEY_TEST_THOROUGH=1, as in the nightly run.

export const isThorough = process.env.PARLEY_TEST_THOROUGH === '1';

/** Picks the number of repeats of the usual or the thorough run. */
export const times = (usual: number, thorough: number): number => (isThorough ? thorough : usual);
