import { domainName, isSenderDomain, randomToken } from "@waybill/runtime";
import { DkimAlgorithm, DkimKey } from "@waybill/schemas/shapes";
import { z } from "zod";
import { makeKeyPair } from "../dkim/key-pair.ts";
import { keyRecord } from "../dkim/key-record.ts";
import { Problem } from "../errors.ts";
import type { Asked, Resource } from "../resource/resource.ts";
import { named } from "../shapes/named.ts";

/** Octets: the name of the record is a domain name too. */
const MAX = 253;
/** Octets of one label of it (RFC 1035 2.3.4). */
const LONGEST_LABEL = 63;
/** Random characters of a selector nobody chose. */
const CHARACTERS = 10;

const UNCHOSEN = "x".repeat(CHARACTERS);

const recordName = (domain: string, selector = UNCHOSEN): string =>
  `${selector}._domainkey.${domainName(domain) ?? domain}`;

const New = z
  .strictObject({
    domain: z
      .string()
      .min(1)
      .max(MAX)
      .refine(
        (text) => domainName(text) !== undefined,
        "write a domain such as example.com: no address, no wildcard",
      )
      .meta({
        description: "whose mail it signs, and that of the domains within it that have no key",
        examples: ["example.com"],
      }),
    algorithm: DkimAlgorithm.default("rsa").describe("rsa: of 2048 bits"),
    selector: z
      .string()
      .max(LONGEST_LABEL)
      .regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/, "1 to 63 out of a-z, 0-9 and - between them")
      .optional()
      .describe("tells it from the domain's other keys; made up when absent")
      .meta({ examples: ["s1"] }),
  })
  .refine((body) => recordName(body.domain, body.selector?.slice(0, LONGEST_LABEL)).length <= MAX, {
    path: ["domain"],
    message: `the name of the record, <selector>._domainkey.<domain>, has ${MAX} characters at most`,
  });
type New = z.infer<typeof New>;

const Record = z.object({
  name: z.string(),
  type: z.literal("TXT"),
  value: z.string(),
  strings: z.array(z.string()).describe("the same in strings of 255 octets at most"),
});
const View = named(
  "DkimKey",
  DkimKey.omit({ kind: true, sealedPrivateKey: true }).extend({
    record: Record.describe("to publish in DNS"),
    verifiedAt: DkimKey.shape.verifiedAt.describe("since when that is known to be in DNS"),
  }),
);

const newSelector = (): string =>
  `w${randomToken(2 * CHARACTERS)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, "")
    .slice(0, CHARACTERS - 1)}`;

/** @throws Problem not_verified where the tenant may not send from there anyway */
function demandSenderDomain({ deps, caller }: Asked, domain: string): void {
  const { directory } = deps;
  const isEnforced = directory.tenant(caller.tenant)?.enforceSenderDomains === true;
  if (!isEnforced || isSenderDomain(directory, caller.tenant, domain)) return;
  throw new Problem("not_verified", `${domain} is not in a verified sender domain of the tenant`);
}

/** Keys that sign mail (DKIM): made by us, the private one sealed in the tenant's vault and never shown. */
export const dkimKeys: Resource<DkimKey, New> = {
  kind: "dkimkey",
  path: "dkim-keys",
  words: ["DKIM key", "DKIM keys"],
  tag: "DKIM keys",
  view: View,
  new: New,
  read: "config:read",
  write: "config:write",
  makeLimit: { name: "dkim-keys", most: 120, seconds: 60 },
  refusals: ["not_verified"],
  show: (key) => {
    const { kind: _kind, sealedPrivateKey: _sealed, ...shown } = key;
    return { ...shown, record: keyRecord(key) };
  },
  make: async ({ domain: text, algorithm, selector = newSelector() }, asked) => {
    const domain = domainName(text) ?? text;
    demandSenderDomain(asked, domain);
    const { deps, caller } = asked;
    const { publicKey, privateKey } = await makeKeyPair(algorithm);
    const sealedPrivateKey = await deps.vault.seal(caller.tenant, privateKey);
    const key = { domain, selector, algorithm, publicKey, sealedPrivateKey };
    const id = recordName(domain, selector);
    return { entity: { kind: "dkimkey", id, ...key, createdAt: deps.now().toISOString() } };
  },
};
