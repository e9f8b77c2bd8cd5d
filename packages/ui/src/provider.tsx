/** Puts the theme around a page. */
import { MantineProvider } from "@mantine/core";
import type { ReactNode } from "react";
import "virtual:gatehouse-theme.css";
import "./styles.css";
import { theme } from "./theme.ts";

/** What every app renders first. The scheme is the system's; nothing is injected into the page's head. */
export function GatehouseProvider({ children }: { children: ReactNode }) {
  return (
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      withCssVariables={false}
      withGlobalClasses={false}
    >
      {children}
    </MantineProvider>
  );
}
