import type { Config } from "../config.ts";
import { StartError } from "../start-error.ts";

/** Where the bucket is, and how to be let in. */
export type S3Settings = {
  endpoint: URL;
  bucket: string;
  region: string;
  /** Put before each key. */
  prefix: string;
  accessKey: string;
  secretKey: string;
};

type Name = `WAYBILL_S3_${"ENDPOINT" | "BUCKET" | "ACCESS_KEY" | "SECRET_KEY"}`;

/** What the environment says of S3. @throws StartError naming a setting that is missing */
export function s3Settings(config: Config): S3Settings {
  const needed = (name: Name): string => {
    const value = config[name];
    if (value !== undefined) return value;
    throw new StartError(`${name} must be set`, "bodies kept in S3 need endpoint, bucket and keys");
  };
  return {
    endpoint: new URL(needed("WAYBILL_S3_ENDPOINT")),
    bucket: needed("WAYBILL_S3_BUCKET"),
    region: config.WAYBILL_S3_REGION,
    prefix: config.WAYBILL_S3_PREFIX,
    accessKey: needed("WAYBILL_S3_ACCESS_KEY"),
    secretKey: needed("WAYBILL_S3_SECRET_KEY"),
  };
}
