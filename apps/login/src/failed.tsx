/** What stands in for a page that broke. */

import { Shell } from "@gatehouse/ui/shell.tsx";
import { Button } from "@mantine/core";

/** Shown when a page threw while it was drawn. */
export function FailedPage() {
  return (
    <Shell title="Something went wrong" lead="This page could not be shown. Loading it again often helps.">
      <Button mt="xl" size="md" onClick={() => window.location.reload()}>
        Load the page again
      </Button>
    </Shell>
  );
}
