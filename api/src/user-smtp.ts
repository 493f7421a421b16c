/** Where TLS begins with the first byte, by registration (RFC 8314). */
const SUBMISSIONS = 465;

/** Whether a person's own server is spoken to in TLS from the first byte. */
export const isSecure = ({ port, secure }: { port: number; secure?: boolean | undefined }) =>
  port === SUBMISSIONS || secure === true;
