/**
 * A POST from another site, asked again by GET: browsers send no Lax cookies along with the former, so that neither
 * the session nor the sign-ins that run in the browser would be known.
 */
import type { HttpReply, HttpRequest } from "./http.ts";
import { redirect } from "./http.ts";
import { refusals } from "./refusals.ts";

/** Browsers and proxies read no longer ones. */
const longestQuery = 8_192;

/** @param publicUrl of the environment; the answer stays on it */
export function askByGet(request: HttpRequest, publicUrl: string): HttpReply {
  const query = request.form.toString();
  if (query.length > longestQuery) throw refusals.badRequest(`The form is longer than ${longestQuery} bytes`);
  return redirect(`${publicUrl}${request.path}?${query}`, 303);
}
