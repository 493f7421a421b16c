import { type Directory, isOpen, type Secrets } from "@waybill/runtime";
import type { Credential, Slug } from "@waybill/schemas";
import type { SMTPServerAuthentication } from "smtp-server/lib/types.js";
import { isLoopback } from "./client-address.ts";

/** From where a client speaks, and when. */
export type Place = { address: string; now: Date };

/** Who a session speaks for. */
export type Login = { tenant: Slug; credential: Credential };

type Keys = { directory: Directory; secrets: Secrets };

/**
 * Whether AUTH is offered: a password crosses the network only inside TLS, unless a balancer in
 * front of us ended it (`tlsOffered` false).
 */
export const mayAuthenticate = (client: {
  secure: boolean;
  tlsOffered: boolean;
  address: string;
}): boolean => client.secure || !client.tlsOffered || isLoopback(client.address);

/**
 * Checks the username and password of AUTH PLAIN or LOGIN (RFC 4954). An unknown user, a wrong
 * password, a credential past its time or outside its networks, and a tenant that is gone take the
 * same work and give the same undefined. To act for another identity (authzid of RFC 4616) is
 * nobody's right.
 */
export function authenticate(
  keys: Keys,
  auth: SMTPServerAuthentication,
  place: Place,
): Login | undefined {
  const found = keys.directory.credential(auth.username ?? "");
  const matches = keys.secrets.matches(auth.password ?? "", found?.entity.hash);
  if (!matches || found === undefined || (auth.authzid || auth.username) !== auth.username) return;
  const login = { tenant: found.tenant, credential: found.entity };
  return isCurrent(keys.directory, login, place) ? login : undefined;
}

/** Whether a login holds: its tenant exists, its credential too, with the same password, and may be used. */
export function isCurrent(
  directory: Directory,
  { tenant, credential }: Login,
  { address, now }: Place,
): boolean {
  const found = directory.credential(credential.username);
  const same = found?.tenant === tenant && found.entity.hash === credential.hash;
  return same && isOpen(found.entity, address, now) && directory.tenant(tenant) !== undefined;
}
