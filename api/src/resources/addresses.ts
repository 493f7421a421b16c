import { z } from "zod";

/** Octets of a mailbox (RFC 5321 4.5.3.1.3, without the brackets of the path). */
const MAX = 254;

/** An address of mail, ASCII. */
export const Address = z.email("write an address such as ann@example.com").max(MAX);

const isDomain = (text: string): boolean => Address.safeParse(`x${text}`).success;

/** An address, or all of a domain's. */
export const AddressOrDomain = z
  .string()
  .max(MAX)
  .refine(
    (text) => (text.startsWith("@") ? isDomain(text) : Address.safeParse(text).success),
    "write an address, or a domain as @example.com",
  );
