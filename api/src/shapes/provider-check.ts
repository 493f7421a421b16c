import { OutcomeClass, SmtpSettings, Timestamp } from "@waybill/schemas/shapes";
import { z } from "zod";
import { Line } from "./line.ts";
import { named } from "./named.ts";

export const ProviderToTest = z.strictObject({
  host: z
    .string()
    .min(1)
    .max(255)
    .regex(/^[^\p{Cc}\s]*$/u, "no spaces or control characters")
    .describe("a name, or an address"),
  port: SmtpSettings.shape.port,
  tls: SmtpSettings.shape.tls,
  verify: SmtpSettings.shape.verify,
  auth: z
    .strictObject({
      method: z.enum(["PLAIN", "LOGIN"]).default("PLAIN"),
      username: Line.min(1).max(320),
      password: Line.min(1).max(1000),
    })
    .optional(),
});
export type ProviderToTest = z.infer<typeof ProviderToTest>;

export const ProviderVerdict = named(
  "ProviderVerdict",
  z.object({
    success: z.boolean(),
    code: z
      .enum(["unreachable", "tls", "auth", "protocol"])
      .optional()
      .describe("`unreachable`: refused, unknown or silent, which are not told apart"),
    message: z.string().describe("one sentence for people"),
  }),
);

export const ProviderHealth = named(
  "ProviderHealth",
  z.object({
    state: z
      .enum(["unknown", "up", "failing", "down"])
      .describe(
        "`up`: the last attempt got through; `failing`: it did not; `down`: none of the last five did; " +
          "a refusal of a recipient or a message counts as getting through",
      ),
    lastSuccess: z.object({ at: Timestamp }).nullable(),
    lastError: z
      .object({ at: Timestamp, class: OutcomeClass, response: z.string() })
      .nullable()
      .describe("the last attempt that did not get through"),
  }),
);
export type ProviderHealth = z.infer<typeof ProviderHealth>;
