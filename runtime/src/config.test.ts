import { describe, expect, test } from "vitest";
import { readConfig } from "./config.ts";
import { StartError } from "./start-error.ts";

const refusal = (env: Record<string, string>): StartError => {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof StartError) return error;
  }
  throw new Error("it was not refused");
};

describe("the environment", () => {
  test("is complete by defaults", () => {
    const config = readConfig({});
    expect(config).toMatchObject({ WAYBILL_SMTP_PORT: 2525, WAYBILL_TLS: true, WAYBILL_LANES: 16 });
    expect(config.WAYBILL_DATA.startsWith("/")).toBe(true);
    expect(config.NATS_URL).toBeUndefined();
  });

  test("takes an empty variable for one that is not set", () => {
    expect(readConfig({ WAYBILL_API_PORT: "", NATS_URL: "" })).toMatchObject({
      WAYBILL_API_PORT: 8080,
    });
  });

  test("reads lists and stages", () => {
    const config = readConfig({
      WAYBILL_TRUSTED_NETWORKS: "a=b, c=d,",
      WAYBILL_STAGES: "api, ingress",
    });
    expect(config.WAYBILL_TRUSTED_NETWORKS).toEqual(["a=b", "c=d"]);
    expect(config.WAYBILL_STAGES).toEqual(["api", "ingress"]);
  });

  test.each([
    [{ WAYBILL_SMTP_PORT: "http" }, "WAYBILL_SMTP_PORT must be a whole number from 0 to 65535"],
    [{ WAYBILL_OIDC_ISSUER: "id.x" }, "WAYBILL_OIDC_ISSUER must be a URL with http or https"],
    [{ WAYBILL_SMTP_PORT: "65536" }, "WAYBILL_SMTP_PORT must be a whole number from 0 to 65535"],
    [{ WAYBILL_SMTP_MAX_SIZE: "0" }, "WAYBILL_SMTP_MAX_SIZE must be a whole number from 1"],
    [{ WAYBILL_TLS: "yes" }, "WAYBILL_TLS must be one of true, false"],
    [{ WAYBILL_STAGES: "smtp" }, "WAYBILL_STAGES must be one of ingress, actors, projections, api"],
    [
      { WAYBILL_LOG_LEVEL: "loud" },
      "WAYBILL_LOG_LEVEL must be one of trace, debug, info, warn, error",
    ],
  ])("%j is refused by name and rule", (env, message) => {
    expect(refusal(env).message).toBe(message);
    expect(refusal(env).hint).toContain(Object.keys(env)[0]);
  });

  test("never repeats a value, which may be a secret", () => {
    const { message, hint } = refusal({ WAYBILL_SECRET: "hunter2" });
    expect(message).toBe("WAYBILL_SECRET must be 32 characters or more");
    expect(message + hint).not.toContain("hunter2");
  });
});
