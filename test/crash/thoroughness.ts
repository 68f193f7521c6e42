// How long the crash tests run: every kind of kill once or twice with each change, many more times in the nightly run,
// which sets PARLEY_TEST_THOROUGH=1.

export const isThorough = process.env.PARLEY_TEST_THOROUGH === '1';

/** As many times as this in a usual run, or in a thorough one. */
export const times = (usual: number, thorough: number): number => (isThorough ? thorough : usual);
