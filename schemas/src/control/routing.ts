import { z } from "zod";
import { TAG } from "../routing/tags.ts";
import { Domain, Mailbox } from "./address.ts";

const line = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^\p{Cc}]*$/u, "no control characters");

const oneOf = <S extends z.ZodType>(item: S) => z.array(item).min(1).max(100);

/** A field of the header, and what its first occurrence says: this (`equals`), or this among other text. */
export const HeaderCondition = z
  .strictObject({
    /** `field-name` of RFC 5322 2.2. */
    name: z.string().regex(/^[!-9;-~]{1,76}$/, "the name of a header field, without its colon"),
    contains: line(200).optional(),
    equals: line(200).optional(),
  })
  .refine(
    ({ contains, equals }) => (contains === undefined) !== (equals === undefined),
    "give either contains or equals",
  )
  .meta({
    examples: [
      { name: "X-Kind", equals: "draft" },
      { name: "List-Id", contains: "news" },
    ],
  });
export type HeaderCondition = z.infer<typeof HeaderCondition>;

/** A word that a client marks mail with. */
export const Tag = z.string().regex(TAG, "1 to 64 out of A-Z, a-z, 0-9, - and _");

/**
 * What a rule asks of mail: everything that is given must hold, and of each list one item.
 * Addresses, domains and fields are compared without regard to case.
 */
export const RouteConditions = z.strictObject({
  /** Envelope senders; `<>` is the null sender. */
  senders: oneOf(z.union([z.literal("<>"), Mailbox])).optional(),
  senderDomains: oneOf(Domain).optional(),
  /** Asked of each recipient of a message apart. */
  recipientDomains: oneOf(Domain).optional(),
  headers: oneOf(HeaderCondition).optional(),
  tags: oneOf(Tag).optional(),
  /** Octets, both included. */
  minSize: z.int().min(0).optional(),
  maxSize: z.int().min(0).optional(),
  /** Ids of credentials it was handed in with. */
  credentials: oneOf(line(100)).optional(),
});
export type RouteConditions = z.infer<typeof RouteConditions>;

/** What becomes of the mail that a rule is for. */
export const RouteAction = z.discriminatedUnion("type", [
  /** The first of these that there is carries it, the tenant's own or a system-wide one; and those after it what it has certainly not sent. */
  z.strictObject({ type: z.literal("providers"), providers: z.array(line(100)).min(1).max(10) }),
  /** It is a dead letter. */
  z.strictObject({ type: z.literal("reject"), reason: line(200) }),
  /** It goes to this address instead; the rules that follow say by whom. */
  z.strictObject({ type: z.literal("redirect"), to: Mailbox }),
  /** The relay's own sandbox keeps it. */
  z.strictObject({ type: z.literal("sandbox") }),
]);
export type RouteAction = z.infer<typeof RouteAction>;

/**
 * A rule of a tenant's routing. Rules are asked in the tenant's order of them, and then, those made
 * since it was set, in that of `position`; one marked `lastResort` only when nobody else carries the
 * mail, not even the provider of the environment.
 */
export const Route = z.object({
  kind: z.literal("route"),
  id: z.string(),
  name: z.string().optional(),
  position: z.int(),
  /** It is for all mail when absent. */
  when: RouteConditions.optional(),
  then: RouteAction,
  lastResort: z.boolean().optional(),
});
export type Route = z.infer<typeof Route>;

/** The order in which a tenant's rules are asked: one fact, so that it changes as a whole. */
export const RouteOrder = z.object({
  kind: z.literal("routeorder"),
  id: z.literal("rules"),
  /** Ids of rules; those that are gone say nothing. */
  ids: z.array(z.string()),
});
export type RouteOrder = z.infer<typeof RouteOrder>;
