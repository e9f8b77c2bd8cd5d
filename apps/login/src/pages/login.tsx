/** The sign-in page: asks for the address, and sends the browser to the sign-in of its organization. */
import { BusyButton } from "@gatehouse/ui/busy-button.tsx";
import { Notice } from "@gatehouse/ui/notice.tsx";
import { Shell } from "@gatehouse/ui/shell.tsx";
import { Button } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { ArrivalNotice } from "../arrival-notice.tsx";
import { EmailField } from "../email-field.tsx";
import { type Discovery, useDiscovery } from "../use-discovery.ts";
import classes from "./login.module.css";

export interface LoginSearch {
  /** The id of the pending sign-in, `req_…`. */
  auth_request?: string;
  login_hint?: string;
  error?: string;
  error_description?: string;
}

/** Takes from the query what the page knows; the router has made every value a string. */
export function readLoginSearch(query: Record<string, unknown>): LoginSearch {
  const known = ["auth_request", "login_hint", "error", "error_description"] as const;
  return Object.fromEntries(known.flatMap((name) => (query[name] ? [[name, String(query[name])]] : [])));
}

const route = getRouteApi("/login");

/** `/a/auth/login` */
export function LoginPage() {
  const search = route.useSearch();
  const discovery = useDiscovery(search.auth_request ?? "");
  const email = useRef<HTMLInputElement>(null);
  const [malformed, setMalformed] = useState(false);
  useFocus(email, discovery.failures);

  function submit(event: FormEvent) {
    event.preventDefault();
    if (email.current === null) return;
    const wellFormed = email.current.checkValidity();
    setMalformed(!wellFormed);
    if (wellFormed) void discovery.start(email.current.value);
    else email.current.focus();
  }

  return (
    <Shell title="Sign in">
      <ArrivalNotice search={search} id="arrival" />
      <form className={classes.form} onSubmit={submit} noValidate>
        <EmailField
          ref={email}
          defaultValue={search.login_hint ?? ""}
          malformed={malformed}
          refused={discovery.failure?.aboutAddress ?? false}
          describedBy="arrival failure"
          onInput={() => setMalformed(false)}
        />
        <BusyButton busy={discovery.busy} busyText="Looking for your sign-in" size="lg" fullWidth>
          Continue
        </BusyButton>
        <FailureNotice key={discovery.failures} failure={discovery.failure} />
      </form>
    </Shell>
  );
}

// At first, and after each failure, where the reader corrects the address or presses Enter again.
function useFocus(field: React.RefObject<HTMLInputElement | null>, failures: number) {
  // biome-ignore lint/correctness/useExhaustiveDependencies: another failure is the reason to run again
  useEffect(() => field.current?.focus(), [field, failures]);
}

// Below the button: what appears here moves neither the field nor the button.
function FailureNotice({ failure }: Pick<Discovery, "failure">) {
  if (failure === undefined) return null;
  const again = (
    <Button type="submit" variant="default" size="sm">
      Try again
    </Button>
  );
  return (
    <Notice
      kind="problem"
      id="failure"
      title={failure.title}
      {...(!failure.aboutAddress && { action: again })}
    >
      {failure.text}
    </Notice>
  );
}
