/** What can go wrong with directories. */
import { defineErrors } from "../../errors.ts";

export const directoryErrors = defineErrors({
  DIRECTORY_NOT_FOUND: ["NOT_FOUND", (id: string) => `There is no directory ${id} in this organization`],
  DIRECTORY_REQUIRED: ["INVALID_ARGUMENT", "directory is required"],
  DIRECTORY_FEATURE_OFF: [
    "FAILED_PRECONDITION",
    "The organization does not have the feature dir_sync: switch it on in its settings, then create the directory",
  ],
  DIRECTORY_TYPE_UNSUPPORTED: [
    "INVALID_ARGUMENT",
    (type: string) => `Directories of the type ${type} are not built: give SCIM`,
  ],
  DIRECTORY_PROVIDER_POLLED: [
    "INVALID_ARGUMENT",
    (provider: string) =>
      `${provider} sends nothing by SCIM, its directories are polled, which is not built: give another provider`,
  ],
  DIRECTORY_LIMIT: [
    "FAILED_PRECONDITION",
    (most: number) =>
      `The organization has ${most} directories, and no more are made: delete those not in use`,
  ],
  DIRECTORY_ENABLED: ["FAILED_PRECONDITION", "The directory is enabled: disable it first, then delete it"],
  DIRECTORY_STATUS: [
    "INVALID_ARGUMENT",
    "status goes with enabled: COMPLETED is a directory that was enabled, DRAFT or IN_PROGRESS one that is being set up",
  ],
  DIRECTORY_IN_USE: [
    "FAILED_PRECONDITION",
    "The directory has users or groups already: only an empty one can be set up from the beginning",
  ],
  DIRECTORY_SECRET_LIMIT: [
    "FAILED_PRECONDITION",
    (most: number) =>
      `The directory has ${most} live tokens: end the one that is not in use, or regenerate them, which ends both`,
  ],
  DIRECTORY_SECRET_NOT_FOUND: ["NOT_FOUND", (id: string) => `There is no token ${id} of this directory`],
  DIRECTORY_GROUP_NOT_FOUND: ["NOT_FOUND", (id: string) => `There is no group ${id} in this directory`],
  DIRECTORY_CONTEXT_TOO_LARGE: [
    "INVALID_ARGUMENT",
    (bytes: number, most: number) =>
      `context has ${bytes} bytes of JSON, at most ${most} are kept: shorten it`,
  ],
});
