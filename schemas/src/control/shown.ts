import type { BreakerReason } from "./breaker.ts";
import type { Entity } from "./fact.ts";
import type { Credential } from "./machine.ts";
import { shownHook } from "./shown-hook.ts";
import { pick, type Rules, type Shown } from "./pick.ts";
import { shownProvider } from "./shown-provider.ts";
import { shownRoute } from "./shown-route.ts";
import type { Limits } from "./tenant.ts";

/**
 * What of an entity may be shown to those who read the configuration or its history, under the kind
 * it is listed by: no hash, nothing sealed, no token. Of the relay's own keys only that they are.
 */
export function shown(entity: Entity): Shown {
  switch (entity.kind) {
    case "masterkey":
    case "datakey":
      return pick(entity, { kind: false, id: true, sealed: false });
    case "signingkey":
      return pick(entity, {
        kind: false,
        id: true,
        publicKey: false,
        sealedPrivateKey: false,
        createdAt: true,
      });
    case "bodyfolder":
      return pick(entity, { kind: false, id: true, mark: true });
    case "tenant":
      return pick(entity, {
        kind: false,
        id: true,
        name: true,
        concurrency: true,
        retryLadder: true,
        onAmbiguous: true,
        breakerLadder: true,
        enforceSenderDomains: true,
        defaultProvider: true,
        redirectTo: true,
        allowedRecipients: true,
        addTraceFields: true,
        returnPath: true,
        notifySender: true,
        eventsDays: true,
        bodiesDays: true,
        createdAt: true,
      });
    case "domain":
      return pick(entity, {
        kind: false,
        id: true,
        token: false,
        createdAt: true,
        verifiedAt: true,
      });
    case "limits":
      return pick(entity, {
        kind: false,
        id: true,
        monthly: true,
        connections: true,
        recipients: true,
        perCredential: shownRates,
        perUser: shownRates,
      });
    case "credential":
      return pick(entity, {
        ...ACCESS,
        kind: false,
        id: true,
        name: true,
        username: true,
        hash: false,
        user: true,
        limits: shownRates,
      });
    case "apikey":
      return pick(entity, {
        ...ACCESS,
        kind: false,
        id: true,
        name: true,
        hash: false,
        scopes: true,
      });
    case "user":
      return pick(entity, {
        kind: false,
        id: true,
        email: true,
        name: true,
        role: true,
        passwordHash: false,
        madeIn: true,
        createdAt: true,
        tokensFrom: true,
      });
    case "member":
      return pick(entity, { kind: false, id: true, role: true, createdAt: true });
    case "usersmtp":
      return pick(entity, {
        kind: false,
        id: true,
        host: true,
        port: true,
        secure: true,
        user: true,
        sealedPassword: false,
        updatedAt: true,
        updatedBy: true,
      });
    case "provider":
      return shownProvider(entity);
    case "hook":
      return shownHook(entity);
    case "route":
      return shownRoute(entity);
    case "routeorder":
      return pick(entity, { kind: false, id: true, ids: true });
    case "breaker":
      return pick(entity, {
        kind: false,
        id: true,
        provider: true,
        owner: true,
        senderDomain: true,
        state: true,
        since: true,
        until: true,
        opens: true,
        reason: (reason: BreakerReason) => pick(reason, { class: true, response: true }),
        settings: false,
      });
    case "suppression":
      return pick(entity, {
        kind: false,
        id: true,
        address: true,
        reason: true,
        origin: true,
        category: true,
        messageId: true,
        at: true,
        expiresAt: true,
      });
    case "erasure":
      return pick(entity, {
        kind: false,
        id: true,
        messageId: true,
        address: true,
        messages: true,
        events: true,
        bodies: true,
        at: true,
        by: true,
        why: true,
        finishedAt: true,
      });
    case "dkimkey":
      return pick(entity, {
        kind: false,
        id: true,
        domain: true,
        selector: true,
        algorithm: true,
        publicKey: true,
        sealedPrivateKey: false,
        createdAt: true,
        verifiedAt: true,
      });
  }
}

type Access = Pick<Credential, "createdAt" | "expiresAt" | "networks" | "test">;
type Rates = NonNullable<Limits["perUser"]>;

const ACCESS: Rules<Access> = { createdAt: true, expiresAt: true, networks: true, test: true };
const shownRates = (rates: Rates) => pick(rates, { hourly: true, daily: true });
