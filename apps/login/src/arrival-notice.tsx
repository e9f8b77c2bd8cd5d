/** What the reader should know on arrival: an earlier attempt failed, or nothing waits for this one. */
import { Notice } from "@gatehouse/ui/notice.tsx";
import { Code } from "@mantine/core";
import classes from "./arrival-notice.module.css";
import type { LoginSearch } from "./pages/login.tsx";

// RFC 6749 section 4.1.2.1 allows more; ours and those of identity providers are of this form.
const ERROR_CODE = /^[a-z][a-z0-9_]{0,63}$/;
const LONGEST_DESCRIPTION = 300;

/** Nothing when all is well. */
export function ArrivalNotice({ search, id }: { search: LoginSearch; id: string }) {
  if (search.error !== undefined && ERROR_CODE.test(search.error)) {
    return <FailedBefore id={id} code={search.error} description={search.error_description ?? ""} />;
  }
  if (search.auth_request !== undefined) return null;
  return (
    <div className={classes.place}>
      <Notice kind="hint" id={id} title="No sign-in is waiting">
        This page was opened by itself. Start at the application that you want to use.
      </Notice>
    </div>
  );
}

// Anybody can write a link with a description of their own: the title stays ours, and the text is quoted, short and
// without a link to follow.
function FailedBefore({ id, code, description }: { id: string; code: string; description: string }) {
  const text = description
    .replace(/[\p{C}\s]+/gu, " ")
    .slice(0, LONGEST_DESCRIPTION)
    .trim();
  return (
    <div className={classes.place}>
      <Notice kind="problem" id={id} title="You are not signed in yet">
        The last attempt did not succeed{text === "" ? "." : `: “${text}”`}
        <span className={classes.code}>
          Code <Code>{code}</Code>
        </span>
      </Notice>
    </div>
  );
}
