import { StartError } from "@waybill/runtime";
import { SLUG, type Slug } from "@waybill/schemas";
import ipaddr from "ipaddr.js";
import { clientAddress } from "./client-address.ts";

type Network = { range: [ipaddr.IPv4 | ipaddr.IPv6, number]; tenant: Slug };

/** The tenant whose network a client's address lies in, if any; the first entry that matches wins. */
export type TrustedNetworks = (address: string) => Slug | undefined;

const isCidr = (text: string): boolean =>
  ipaddr.IPv4.isValidCIDRFourPartDecimal(text) || ipaddr.IPv6.isValidCIDR(text);

function parseEntry(entry: string): Network {
  const [cidr = "", tenant, ...more] = entry.split("=");
  const hint = "write cidr=tenant, for example 10.0.0.0/8=demo, with commas between entries";
  if (!isCidr(cidr) || tenant === undefined || more.length > 0) {
    throw new StartError(`WAYBILL_TRUSTED_NETWORKS: ${entry} is not cidr=tenant`, hint);
  }
  if (!SLUG.test(tenant)) {
    throw new StartError(`WAYBILL_TRUSTED_NETWORKS: ${tenant} is not a tenant's name`, hint);
  }
  return { range: ipaddr.parseCIDR(cidr), tenant };
}

/**
 * Reads the networks whose clients may submit without AUTH.
 * @throws StartError naming the entry that is malformed.
 */
export function trustedNetworks(entries: readonly string[]): TrustedNetworks {
  const networks = entries.map(parseEntry);
  return (text) => {
    if (!ipaddr.isValid(text)) return undefined;
    const address = clientAddress(text);
    const holds = ({ range }: Network): boolean =>
      range[0].kind() === address.kind() && address.match(range);
    return networks.find(holds)?.tenant;
  };
}
