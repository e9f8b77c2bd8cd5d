/** Instants that clients send: gRPC carries numbers that no calendar has, which would end as an error of ours. */
import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";
import { invalidArgument } from "../../errors.ts";

/** The range of google.protobuf.Timestamp: the years 1 to 9999. */
const first = -62_135_596_800n;
const last = 253_402_300_799n;

/**
 * @param field the path of the field, for the error
 * @throws INVALID_ARGUMENT for a number out of range
 */
export function dateOf(field: string, timestamp: Timestamp): Date {
  const { seconds, nanos } = timestamp;
  if (seconds >= first && seconds <= last && nanos >= 0 && nanos < 1_000_000_000)
    return timestampDate(timestamp);
  throw invalidArgument(field, "timestamp.range", "value must be an instant of the years 1 to 9999");
}
