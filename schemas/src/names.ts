import { z } from "zod";
import { MESSAGE_ID, SLUG } from "./tokens.ts";

/** A tenant's name: safe as a subject token and in a URL. */
export const Slug = z.string().regex(SLUG, "1 to 40 characters out of a-z, 0-9 and -");
export type Slug = z.infer<typeof Slug>;

/** A message's id: a ULID, so that ids sort by the time of acceptance. */
export const MessageId = z.string().regex(MESSAGE_ID, "a ULID of 26 characters");
export type MessageId = z.infer<typeof MessageId>;

/** A moment in UTC, ISO 8601 with milliseconds. */
export const Timestamp = z.iso.datetime();
export type Timestamp = z.infer<typeof Timestamp>;
