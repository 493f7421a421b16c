/** The tenant that holds what belongs to the installation: its administrators and its system-wide providers. */
export const PLATFORM = "platform";

/** Addresses on the suppression list of a tenant: processes that deliver hold all of them in memory. */
export const MOST_SUPPRESSIONS = 100_000;

/** Retry ladder of a tenant that set none: 30 s, 1 m, 2 m, 5 m, 15 m. */
export const DEFAULT_LADDER: readonly number[] = [30, 60, 120, 300, 900];

/** Seconds that a provider which failed is left alone, of a tenant that set none: 30 s, 1 m, 2 m, 4 m, 8 m, 15 m. */
export const DEFAULT_BREAKER_LADDER: readonly number[] = [30, 60, 120, 240, 480, 900];
