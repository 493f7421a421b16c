import type { BodyStore } from "@waybill/runtime";
import type { Outcome } from "@waybill/schemas";
import type { Sign } from "../dkim/sign.ts";
import type { Provider } from "../providers/provider.ts";
import { outgoing, type Outgoing } from "./outgoing.ts";

const NOTHING = Buffer.alloc(0);

const unsigned = (recipient: string, response: string): Outcome => ({
  recipient,
  class: "config",
  category: "sender_auth_fail",
  response,
});

/**
 * Sends a message by a provider, signed where signatures reach the next hop; one that cannot be signed
 * as its tenant wants is not sent.
 */
export async function sendSigned(
  { bodies, sign }: { bodies: BodyStore; sign?: Sign },
  provider: Provider,
  what: Outgoing,
): Promise<Outcome[]> {
  const { tenant, body } = what.work;
  const read = () => bodies.read(tenant, body);
  const plain = outgoing(what, { signature: NOTHING, read });
  if (sign === undefined || !provider.keepsBytes) return provider.send(plain);
  const signed = await sign({ tenant, size: body.size, read });
  if ("refused" in signed) return plain.recipients.map((one) => unsigned(one, signed.refused));
  return provider.send(outgoing(what, signed));
}
