import { z } from "zod";
import { Timestamp } from "../names.ts";

const hook = {
  kind: z.literal("hook"),
  /** Random, at least 128 bits: it is in the URL that is called. */
  id: z.string(),
  name: z.string().optional(),
  /** Id of the provider whose webhook it is. */
  provider: z.string().optional(),
  createdAt: Timestamp.optional(),
};

/** A secret that both sides know, and the one before it while it is being replaced. */
const shared = { sealedSecret: z.string(), sealedPreviousSecret: z.string().optional() };

/** A tenant's webhook: what a provider calls to tell what became of mail, and how its calls are verified. */
export const Hook = z.discriminatedUnion("type", [
  /** The ECDSA key of SendGrid's signed event webhook: base64 of SPKI DER. */
  z.object({ ...hook, type: z.literal("sendgrid"), publicKey: z.string() }),
  z.object({
    ...hook,
    type: z.literal("ses"),
    /** The one SNS topic whose messages it takes. */
    topicArn: z.string(),
    /** Refuses signatures with SHA-1 (`SignatureVersion` 1), which a topic has until it is set. */
    onlyVersion2: z.boolean().optional(),
  }),
  z.object({ ...hook, type: z.literal("mailgun"), ...shared }),
  z.object({
    ...hook,
    type: z.literal("postmark"),
    ...shared,
    /** Postmark signs nothing: the secret is the password of HTTP Basic, for this name, */
    username: z.string(),
    /** or, when this is given, the value of a header field of that name. */
    header: z.string().optional(),
  }),
  z.object({ ...hook, type: z.literal("resend"), ...shared }),
  z.object({ ...hook, type: z.literal("generic"), ...shared }),
]);
export type Hook = z.infer<typeof Hook>;
export type HookType = Hook["type"];
