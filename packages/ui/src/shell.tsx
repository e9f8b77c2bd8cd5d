/** The frame of a page that asks one thing: the product's mark, a title, and what the page puts below it. */
import { Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import type { ReactNode } from "react";
import { Mark } from "./mark.tsx";
import classes from "./shell.module.css";

export interface ShellProps {
  /** The page's one heading, and its name in the browser's tab. */
  title: string;
  /** One sentence under the title. */
  lead?: ReactNode;
  children?: ReactNode;
}

/** A card at a fixed height from the top, so that text which appears later moves nothing above it. */
export function Shell({ title, lead, children }: ShellProps) {
  useDocumentTitle(`${title} · Gatehouse`);
  return (
    <div className={classes.ground}>
      <Gateway />
      <main className={classes.card}>
        <div className={classes.product}>
          <Mark size={30} />
          <span>Gatehouse</span>
        </div>
        <Title order={1} className={classes.title}>
          {title}
        </Title>
        {lead !== undefined && (
          <Text c="dimmed" className={classes.lead}>
            {lead}
          </Text>
        )}
        {children}
      </main>
      <footer className={classes.footer}>Gatehouse · open-source authentication</footer>
    </div>
  );
}

function Gateway() {
  return (
    <svg className={classes.gateway} width="1" height="1" aria-hidden="true">
      {[290, 365, 455, 560, 680].map((radius) => (
        <path key={radius} d={`M${-radius} 4000V170A${radius} ${radius} 0 0 1 ${radius} 170V4000`} />
      ))}
    </svg>
  );
}
