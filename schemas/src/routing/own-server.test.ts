import { expect, it } from "vitest";
import type { UserSmtp } from "../control/person.ts";
import { ownServer } from "./own-server.ts";

const settings: UserSmtp = {
  kind: "usersmtp",
  id: "ann",
  host: "mail.x.test",
  port: 587,
  secure: false,
  user: "ann@x.test",
  sealedPassword: "sealed",
  updatedAt: "2026-01-01T00:00:00.000Z",
  updatedBy: "ann",
};

it("a user's own server is a provider that verifies certificates and takes TLS where it can", () => {
  const smtp = { host: "mail.x.test", port: 587, tls: "opportunistic", verify: true };
  const auth = { username: "ann@x.test", sealedPassword: "sealed" };
  expect(ownServer(settings)).toMatchObject({ id: "user:ann", smtp: { ...smtp, auth } });
  expect(ownServer({ ...settings, secure: true }).smtp.tls).toBe("implicit");
});

it("is the same object of the same settings, and another of changed ones", () => {
  expect(ownServer(settings)).toBe(ownServer(settings));
  expect(ownServer({ ...settings })).not.toBe(ownServer(settings));
});
