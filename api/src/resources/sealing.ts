import { Problem } from "../errors.ts";

/** Seals a secret as the provider's owner's. */
export type Seal = (secret: string) => Promise<string>;

/** The problem of one field. */
export const broken = (field: string, rule: string): Problem =>
  new Problem("invalid_body", `${field}: ${rule}`, { errors: [{ field, rule }] });
