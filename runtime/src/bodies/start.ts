import { access, constants, mkdir } from "node:fs/promises";
import type { Config } from "../config.ts";
import type { Logger } from "../logger.ts";
import type { Nats } from "../nats.ts";
import { StartError } from "../start-error.ts";
import { untilLed } from "../until-led.ts";
import { collectDrafts } from "./drafts.ts";
import { draftsOf, knownFolder } from "./known-folder.ts";
import { bodyFolder, lazyBucket } from "./open.ts";
import { s3Settings } from "./s3-settings.ts";

const hasBucket = async (config: Config): Promise<void> => {
  const { bucket, endpoint } = s3Settings(config);
  const open = await lazyBucket(config)();
  try {
    await open.check();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "it does not say why";
    const hint =
      "look at WAYBILL_S3_ENDPOINT, _BUCKET, _REGION and the keys, and whether the server runs";
    throw new StartError(`the bucket ${bucket} at ${endpoint.host} cannot be used: ${why}`, hint, {
      cause,
    });
  } finally {
    open.close();
  }
};

async function hasFolder(config: Config, nats: Nats): Promise<void> {
  const root = bodyFolder(config);
  const folder = draftsOf(root);
  try {
    if (config.WAYBILL_BODY_STORE === "fs") await knownFolder(nats, root).claim();
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    if (!(cause instanceof Error && "syscall" in cause)) throw cause;
    const hint = "give the relay the right to write there, or set WAYBILL_BODY_FOLDER";
    throw new StartError(`bodies cannot be written to ${folder}`, hint, { cause });
  }
}

/** @throws StartError when the store that bodies are to be kept in cannot be used */
async function check(config: Config, nats: Nats): Promise<void> {
  if (config.WAYBILL_BODY_STORE !== "jetstream") await untilLed(() => hasFolder(config, nats));
  if (config.WAYBILL_BODY_STORE === "s3") await hasBucket(config);
}

type Options = {
  config: Config;
  nats: Nats;
  log: Logger;
  /** The process ran before. */
  isAgain: boolean;
};

/**
 * Looks whether bodies can be kept, and collects what a crash left of some that were coming in; goes
 * on collecting until it is stopped. A process that is started again goes on without the store: its
 * mail goes to the fallback. @throws StartError
 */
export async function startBodies({ config, nats, log, isAgain }: Options): Promise<() => void> {
  await check(config, nats).catch((error: unknown) => {
    if (!isAgain) throw error;
    log.warn({ err: error }, "body store cannot be used yet");
  });
  const age = (config.WAYBILL_SMTP_DATA_TIMEOUT + 60) * 1000;
  const folder = draftsOf(bodyFolder(config));
  const collect = (atStart: boolean) =>
    collectDrafts(folder, { age, atStart, now: Date.now() }).then(
      (drafts) => drafts > 0 && log.info({ drafts }, "collected what was left of bodies"),
      (error: unknown) => log.warn({ err: error }, "drafts of bodies are not collected"),
    );
  await collect(true);
  const timer = setInterval(() => void collect(false), age).unref();
  return () => clearInterval(timer);
}
