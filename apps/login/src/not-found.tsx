/** What answers at every address that has no page. */
import { Shell } from "@gatehouse/ui/shell.tsx";

/** Shown for an unknown path under `/a/auth/`. */
export function NotFoundPage() {
  return (
    <Shell
      title="Page not found"
      lead="Nothing is at this address. Go back to the application that you want to use, and sign in from there."
    />
  );
}
