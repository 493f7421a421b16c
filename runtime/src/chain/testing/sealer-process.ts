// A process that seals the events of the NATS in its first argument.
import { connectNats } from "../../nats.ts";
import { silent } from "./kit.ts";
import { sealing } from "./sealing.ts";

sealing(await connectNats(process.argv[2] ?? "", "sealer", silent));
