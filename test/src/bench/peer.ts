/** A relay under test, on loopback; all its mail goes on to the sink. */
export type Peer = {
  name: string;
  port: number;
  /** Resolves once the relay itself tells that a mail is delivered. */
  tellsDelivered?: (id: string) => Promise<void>;
};
