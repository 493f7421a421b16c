import ipaddr from "ipaddr.js";

/** The address of a client; an IPv4 address mapped into IPv6 is the IPv4 address. */
export const clientAddress = (text: string): ipaddr.IPv4 | ipaddr.IPv6 => ipaddr.process(text);

/** Whether a client runs on this machine. */
export const isLoopback = (address: string): boolean =>
  ipaddr.isValid(address) && clientAddress(address).range() === "loopback";

/** An address literal (RFC 5321 4.1.3). */
export const addressLiteral = (address: string): string =>
  address.includes(":") ? `[IPv6:${address}]` : `[${address}]`;
