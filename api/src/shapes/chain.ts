import { Timestamp } from "@waybill/schemas/shapes";
import { z } from "zod";
import { named } from "./named.ts";

export const ChainHead = named(
  "ChainHead",
  z.object({
    hash: z.string().describe("hash of the last link, 64 hexadecimal digits"),
    seq: z.int().describe("sequence of the last event in it, as in the export of the log"),
    time: Timestamp.describe("when it was sealed"),
  }),
);
