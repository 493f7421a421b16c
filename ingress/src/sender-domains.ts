import { isUtf8 } from "node:buffer";
import { domainName, isSenderDomain } from "@waybill/runtime";
import { addressDomains, type Slug } from "@waybill/schemas";
import type { Door } from "./door.ts";
import type { Field } from "./header-reader.ts";
import { reply, type Reply } from "./replies.ts";

/** Whether a tenant may send from a domain. */
type IsOurs = (domain: string) => boolean;

/** The domains a tenant is held to, as of now; undefined when it may send from any. */
export function senderDomains({ directory }: Pick<Door, "directory">, tenant: Slug) {
  if (directory.tenant(tenant)?.enforceSenderDomains !== true) return undefined;
  return (domain: string) => isSenderDomain(directory, tenant, domain);
}

/** Characters of a domain in a reply that is none. */
const SHOWN = 60;

const shown = (domain: string): string =>
  domainName(domain) ?? domain.slice(0, SHOWN).replaceAll(/[^!-~]/g, "?");

function checkDomains(field: string, domains: string[], isOurs: IsOurs): Reply | undefined {
  const stranger = domains.find((domain) => !isOurs(domain));
  if (stranger === undefined) return undefined;
  return reply("foreignDomain", { field, domain: shown(stranger) });
}

/** Why a tenant may not use an address in MAIL FROM, if it may not; the null sender is everybody's. */
export function checkSender(address: string, isOurs: IsOurs): Reply | undefined {
  if (address === "") return undefined;
  return checkDomains("MAIL FROM", [address.slice(address.lastIndexOf("@") + 1)], isOurs);
}

function textOf({ lines }: Field): string | undefined {
  const bytes = Buffer.concat(lines);
  return isUtf8(bytes) ? bytes.subarray(bytes.indexOf(":") + 1).toString() : undefined;
}

function checkOriginator(
  name: string,
  fields: readonly Field[],
  isOurs: IsOurs,
): Reply | undefined {
  const [text, ...more] = fields.map(textOf);
  const domains = text === undefined || more.length > 0 ? undefined : addressDomains(text);
  if (domains === undefined || domains.length === 0) return reply("unclearOriginator", { name });
  return checkDomains(name, domains, isOurs);
}

/**
 * Why a tenant may not use the addresses in From and Sender (RFC 5322 3.6.2), if it may not. From is
 * needed; neither may be there twice, or hold anything but addresses, so that nobody reads others.
 */
export function checkOriginators(fields: readonly Field[], isOurs: IsOurs): Reply | undefined {
  const named = (name: string) => fields.filter((field) => field.name === name);
  const [from, sender] = [named("from"), named("sender")];
  const fault = checkOriginator("From", from, isOurs);
  return fault ?? (sender.length === 0 ? undefined : checkOriginator("Sender", sender, isOurs));
}
