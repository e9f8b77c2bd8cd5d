/**
 * A POST from another site, asked again by GET: browsers send no Lax cookies along with the former, so that neither
 * the session nor the sign-ins that run in the browser would be known.
 */
import type { HttpReply, HttpRequest } from "./http.ts";
import { redirect } from "./http.ts";

/** @param publicUrl of the environment; the answer stays on it */
export function askByGet(request: HttpRequest, publicUrl: string): HttpReply {
  return redirect(`${publicUrl}${request.path}?${request.form}`, 303);
}
