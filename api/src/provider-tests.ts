import type { RateLimit } from "./rate-answer.ts";

/** Each is a connection to a host of the tenant's choice, whoever asks for it. */
export const PROVIDER_TESTS: RateLimit = { name: "provider-tests", most: 10, seconds: 60 };
