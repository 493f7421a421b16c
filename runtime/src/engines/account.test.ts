import { expect, test } from "vitest";

import { accountIn } from "./account.ts";

const PASSWD = `root:x:0:0:root:/root:/bin/bash
notpostgres:x:1:1::/:/bin/sh
postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash
`;

test("an account is found by its whole name", () => {
  expect(accountIn(PASSWD, "postgres")).toEqual({ uid: 101, gid: 104 });
});

test("an account that is not there is not found", () => {
  expect(accountIn(PASSWD, "post")).toBeUndefined();
  expect(accountIn("", "nobody")).toBeUndefined();
});
