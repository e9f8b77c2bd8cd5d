/** What the build of each app adds to Vite: the theme as a stylesheet. Runs in Node, never in a page. */
import {
  convertCssVariables,
  DEFAULT_THEME,
  defaultCssVariablesResolver,
  mergeMantineTheme,
} from "@mantine/core";
import { theme, themeVariables } from "./theme.ts";

const NAME = "virtual:gatehouse-theme.css";

/**
 * Vite's plugin behind `import "virtual:gatehouse-theme.css"`. Mantine itself writes the variables into a
 * `<style>` element in the page, which `style-src 'self'` refuses.
 */
export function themeStylesheet() {
  return {
    name: "gatehouse-theme",
    resolveId: (id: string) => (id === NAME ? `\0${NAME}` : undefined),
    load: (id: string) => (id === `\0${NAME}` ? themeCss() : undefined),
  };
}

/** Every variable of the theme as CSS: by the scheme that a script has set, else by what the system prefers. */
export function themeCss(): string {
  const merged = mergeMantineTheme(DEFAULT_THEME, theme);
  const base = defaultCssVariablesResolver(merged);
  const own = themeVariables(merged);
  const dark = { ...base.dark, ...own.dark };
  const light = { ...base.variables, ...own.variables, ...base.light, ...own.light };
  const chosen = convertCssVariables({ variables: light, light: {}, dark }, ":root");
  // Until the script has run, and for readers without one.
  const unset = convertCssVariables(
    { variables: dark, light: {}, dark: {} },
    ":root:not([data-mantine-color-scheme])",
  );
  return `${chosen}@media (prefers-color-scheme: dark) {${unset}}`;
}
