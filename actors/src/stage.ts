import {
  answerQuestions,
  followLogClock,
  makeReturnPaths,
  makeWake,
  RefreshTokens,
  Slots,
  workFacts,
  workLanes,
  type Stage,
} from "@waybill/runtime";
import { readings } from "@waybill/runtime/metrics";
import { ownServerId, settingsSeqOf } from "@waybill/schemas";
import { Breakers } from "./breaker/breakers.ts";
import { followChanges } from "./breaker/follow-changes.ts";
import { keepIn } from "./breaker/keep.ts";
import { tellBreakers } from "./breaker/metrics.ts";
import { makeDeliver } from "./deliver/deliver.ts";
import { makeSign } from "./dkim/sign.ts";
import { ENVIRONMENT } from "./deliver/holder.ts";
import { providerFromUrl } from "./providers/from-url.ts";
import { makeNotify } from "./notify/notify.ts";
import { Registry } from "./providers/registry.ts";
import type { ServiceSettings } from "./providers/services.ts";
import { keepLearnt } from "./suppression/keep.ts";

/** Messages in delivery at once in a process, over all tenants. */
const IN_DELIVERY = 1000;

/** Messages in delivery at once of a tenant that is not in the directory. */
const UNKNOWN_TENANT = 1;

const IN_HAND = {
  name: "waybill_messages_in_hand",
  help: "Messages in delivery, and those that wait here for their turn; what waits in the log is neither.",
  labels: ["state"] as const,
};

const LANES = {
  name: "waybill_lanes",
  help: "Delivery lanes that this process works on.",
  labels: [] as const,
};

/** A service to be tried, saved or not, its secret sealed in its owner's vault. */
type Tried = { owner: string; provider: ServiceSettings };

/** The delivery actors: work items become outcomes. */
export const stage: Stage = async (context) => {
  const { config, log, nats, events, bodies, directory, secrets, vault, outbound } = context;
  const url = config.WAYBILL_RELAY_URL;
  const environment =
    url === undefined
      ? undefined
      : providerFromUrl(url, config.WAYBILL_RELAY_CONCURRENCY, (text) => secrets.seal(text));
  const openSecret = (owner: string, sealed: string): string =>
    owner === ENVIRONMENT ? secrets.open(sealed) : vault.open(owner, sealed);
  const refreshTokens = new RefreshTokens({ nats, directory, vault, log });
  const providers = new Registry(openSecret, outbound, refreshTokens);
  const stop = directory.onChange(({ tenant, kind, id, entity }) => {
    if (kind === "provider" && settingsSeqOf(entity) === undefined) providers.drop(tenant, id);
    else if (entity?.kind === "provider") providers.refreshed(tenant, entity);
    if (kind === "usersmtp") providers.drop(tenant, ownServerId(id));
  });
  const deaf = answerQuestions<Tried>(nats, "verify-provider", ({ owner, provider }) =>
    providers.verify(owner, provider),
  );
  const time = await followLogClock(nats, log);
  const clock = { now: time.now, random: Math.random };
  const wake = makeWake(nats, config.WAYBILL_LANES);
  const breakers = new Breakers({
    directory,
    put: keepIn(nats, time.now),
    wake,
    log,
    now: time.now,
  });
  const stopBreakers = followChanges(directory, breakers);
  const stopTelling = tellBreakers(directory);
  const returnPaths = makeReturnPaths(secrets);
  const sign = makeSign({ directory, vault, now: time.now });
  const hash = (text: string): string => secrets.hash(text);
  const known = { events, bodies, directory, hash, returnPaths, sign, log };
  const stopping = new AbortController();
  const cut = () => stopping.abort(new Error("the relay was stopped"));
  const to = { ...known, providers, breakers, environment, stopping: stopping.signal, ...clock };
  const slots = new Slots(IN_DELIVERY);
  const worker = await workLanes(config.WAYBILL_LANES, {
    nats,
    log,
    handle: makeDeliver(to),
    concurrencyOf: (tenant) => directory.tenant(tenant)?.concurrency ?? UNKNOWN_TENANT,
    slots,
  });
  readings(IN_HAND, (set) => {
    set.set({ state: "in_delivery" }, slots.used);
    set.set({ state: "waiting" }, worker.waiting());
  });
  readings(LANES, (set) => set.set({}, worker.lanes()));
  const suppressing = await workFacts({
    nats,
    log,
    name: "suppressions",
    types: ["failed", "bounced", "complained", "unsubscribed"],
    handle: (fact) => keepLearnt({ nats, log, directory }, fact),
  });
  const notifying = await workFacts({
    nats,
    log,
    name: "sender-reports",
    types: ["deadlettered"],
    handle: makeNotify({ ...to, nats, hostname: config.WAYBILL_HOSTNAME }),
  });
  return {
    drain: async () => {
      await Promise.all([suppressing.stop(), notifying.stop(), worker.drain(cut)]);
      stop();
      deaf();
      stopBreakers();
      stopTelling();
      time.stop();
      providers.close();
      await refreshTokens.idle();
    },
  };
};
