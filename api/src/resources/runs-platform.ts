import type { Caller } from "../auth.ts";

/** Whether the caller runs the platform, and so may act in every tenant. */
export const runsPlatform = ({ may }: Caller): boolean => may.has("platform");
