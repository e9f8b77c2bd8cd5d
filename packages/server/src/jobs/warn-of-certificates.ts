/** Warns of certificates of identity providers that end soon. */
import { announce } from "../modules/connections/certificate-warnings.ts";
import { inEachEnvironment } from "./each-environment.ts";
import type { Job } from "./jobs.ts";

export const warnOfCertificates: Job = {
  name: "warn-of-certificates",
  schedule: "40 5 * * *",
  run: (app, ctxOf) => inEachEnvironment(app, ctxOf, announce),
};
