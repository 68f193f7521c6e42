// How often the crash tests repeat: each kind of kill once or twice by default, many more times with
// PARLEY_TEST_THOROUGH=1, as in the nightly run.

export const isThorough = process.env.PARLEY_TEST_THOROUGH === '1';

/** Picks the number of repeats of the usual or the thorough run. */
export const times = (usual: number, thorough: number): number => (isThorough ? thorough : usual);
