import { newMessageId as newId, randomToken } from "@waybill/runtime";
import { Credential } from "@waybill/schemas/shapes";
import { z } from "zod";
import type { Resource } from "../resource/resource.ts";
import { named } from "../shapes/named.ts";
import { changedAccess, newAccess, prefixOf, withoutHash } from "./access.ts";

const New = z.strictObject(newAccess);
const Patch = z.strictObject(changedAccess);
const View = named("SmtpCredential", Credential.omit({ kind: true, hash: true }));
const Shown = z.string().describe("shown this once");

/**
 * SMTP credentials: the username is the relay's, so that no other tenant can have it; the password is
 * in the answer that made it, and nowhere else.
 */
export const smtpCredentials: Resource<Credential, z.infer<typeof New>, z.infer<typeof Patch>> = {
  kind: "credential",
  path: "smtp-credentials",
  words: ["SMTP credential", "SMTP credentials"],
  tag: "SMTP credentials",
  view: View,
  made: named("MadeSmtpCredential", View.extend({ password: Shown.optional() })),
  new: New,
  patch: Patch,
  read: "config:write",
  write: "config:write",
  show: withoutHash,
  make: (body, { deps }) => {
    const id = newId();
    const password = `${prefixOf(body.test)}${randomToken(24)}`;
    const secret = { username: id, hash: deps.secrets.hash(password) };
    const createdAt = deps.now().toISOString();
    return {
      entity: { kind: "credential", id, ...secret, createdAt, ...body },
      once: { password },
    };
  },
};
