import { z } from "zod";

/** One address, without a name or angle brackets. */
export const MailAddress = z.email("one address, such as ann@example.com").max(254);
