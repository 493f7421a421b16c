import type { ControlFact, Entity } from "@waybill/schemas";
import * as fc from "fast-check";

const START = Date.UTC(2026, 0, 1);
const TEXTS = ["for the shop", "", 'it\'s "quoted" \\', "naïve 📦", "nul \0 and half \ud83d"];
/** What no view may hold. */
export const SECRET = "what-no-view-may-hold";

const KINDS = ["apikey", "provider", "usersmtp", "datakey"] as const;

const OWN_SERVER = {
  host: "mx.x.test",
  secure: true,
  user: "me",
  sealedPassword: SECRET,
  updatedAt: new Date(START).toISOString(),
};

type Toss = {
  tenant: string;
  kind: (typeof KINDS)[number];
  id: string;
  text: string;
  isRemoved: boolean;
};

const tosses: fc.Arbitrary<Toss> = fc.record({
  tenant: fc.constantFrom("acme", "globex", "initech"),
  kind: fc.constantFrom(...KINDS),
  id: fc.constantFrom("one", "two", "a.b/c"),
  text: fc.constantFrom(...TEXTS),
  isRemoved: fc.boolean(),
});

function entityOf({ kind, id, text }: Toss, place: number): Entity {
  const smtp = { host: text, port: 25, tls: "none", verify: true } as const;
  const auth = { method: "PLAIN", username: text, sealedPassword: SECRET } as const;
  switch (kind) {
    case "apikey":
      return { kind, id, name: text, hash: SECRET, networks: ["10.0.0.0/8"] };
    case "provider":
      return { kind, id, name: text, concurrency: place, type: "smtp", smtp: { ...smtp, auth } };
    case "datakey":
      return { kind, id, sealed: SECRET };
    case "usersmtp":
      return { kind, id, ...OWN_SERVER, port: 1 + place, updatedBy: text };
  }
}

function factOf(one: Toss, place: number): ControlFact {
  const { tenant, kind, id, text, isRemoved } = one;
  const time = new Date(START + place * 1234).toISOString();
  const who = { actor: `user:${place % 3}`, ...(place % 2 === 0 ? { ip: "192.0.2.1" } : {}) };
  const entity = isRemoved ? null : entityOf(one, place);
  return { tenant, kind, id, time, ...who, reason: text, entity };
}

/** Histories of the configuration of three tenants: the same entities made, changed and removed. */
const configurations = (length: number): fc.Arbitrary<ControlFact[]> =>
  fc
    .array(tosses, { minLength: length, maxLength: length })
    .map((all) => all.map((one, place) => factOf(one, place)));

/** One of that length, the same at every run. */
export const longConfiguration = (length: number, seed: number): ControlFact[] =>
  fc.sample(configurations(length), { numRuns: 1, seed })[0] ?? [];
