// A process that seals the events of the NATS in its first argument.
import { makeLogger } from "../../logger.ts";
import { connectNats } from "../../nats.ts";
import { sealEvents } from "../seal.ts";

const log = makeLogger("silent", "sealer");
sealEvents({ nats: await connectNats(process.argv[2] ?? "", "sealer", log), log });
