import { z } from "zod";

const PART = String.raw`[^\s\p{C}"(),:;<>@[\]\\]+`;
const MAX = { mailbox: 254, domain: 255 };

/** An address as configuration names one: without a quoted local part or an address literal. */
export const Mailbox = z
  .string()
  .max(MAX.mailbox)
  .regex(new RegExp(`^${PART}@${PART}$`, "u"), "an address such as ann@example.com");

/** A domain, in letters or as A-labels. */
export const Domain = z
  .string()
  .max(MAX.domain)
  .regex(new RegExp(`^${PART}$`, "u"), "a domain such as example.com");
