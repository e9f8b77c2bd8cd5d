/** Looks an address up, and leaves the page for the sign-in that belongs to it. */
import { ConnectError } from "@connectrpc/connect";
import { useMutation } from "@connectrpc/connect-query";
import { AuthService, Intent } from "@gatehouse/contract/scalekit/v1/auth/auth_pb";
import { useEffect, useState } from "react";
import { type Failure, failureOf, unusableAnswer } from "./failure.ts";
import { nextStep } from "./next-step.ts";

export interface Discovery {
  /** Also while the browser loads the next page. */
  busy: boolean;
  /** Of the last look-up that ended; stays until the next one ends. */
  failure: Failure | undefined;
  /** Counts the failures, so that the same one twice is announced twice. */
  failures: number;
  /** Does nothing while busy. */
  start(email: string): Promise<void>;
}

/** @param authRequest the id of the pending sign-in, empty when there is none */
export function useDiscovery(authRequest: string): Discovery {
  const { mutateAsync } = useMutation(AuthService.method.discoveryAuthMethod);
  // Not the mutation's own `isPending`: that one is told a moment later, and a second Enter would slip through.
  const [busy, setBusy] = useState(false);
  const [{ failure, failures }, setFailed] = useState<Pick<Discovery, "failure" | "failures">>({
    failure: undefined,
    failures: 0,
  });
  useReturn(() => setBusy(false));

  function fail(next: Failure) {
    setBusy(false);
    setFailed((last) => ({ failure: next, failures: last.failures + 1 }));
  }

  async function start(email: string) {
    if (busy) return;
    setBusy(true);
    try {
      const { authMethod } = await mutateAsync({ discoveryRequest: { email, intent: Intent.sign_in } });
      const uri = authMethod?.authInitiationUri ?? "";
      const target = nextStep(uri, window.location.origin, { authRequest, email });
      if (target === undefined) fail(unusableAnswer);
      else window.location.assign(target);
    } catch (error) {
      fail(failureOf(ConnectError.from(error), email));
    }
  }

  return { busy, failure, failures, start };
}

// "Back" may show the page as it was left, out of the browser's memory: still busy.
function useReturn(onReturn: () => void) {
  useEffect(() => {
    const listener = ({ persisted }: PageTransitionEvent) => {
      if (persisted) onReturn();
    };
    window.addEventListener("pageshow", listener);
    return () => window.removeEventListener("pageshow", listener);
  });
}
