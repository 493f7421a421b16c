import { OutcomeClass, Timestamp } from "@waybill/schemas/shapes";
import { z } from "zod";
import { HTTP_TO_TEST } from "../resources/http-provider-shapes.ts";
import { SmtpToTest } from "../resources/provider-shapes.ts";
import { named } from "./named.ts";

/** An SMTP server, or what makes a provider over HTTP. */
export const ProviderToTest = z.discriminatedUnion("type", [SmtpToTest, ...HTTP_TO_TEST]);
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
