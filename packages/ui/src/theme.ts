/**
 * How every page of ours looks: verdigris on warm stone, light or dark. The build writes it into a stylesheet
 * (`build.ts`), since the pages' policy admits no style that a script injects.
 */
import {
  type ButtonProps,
  type CSSVariablesResolver,
  createTheme,
  type MantineColorsTuple,
} from "@mantine/core";

const verdigris: MantineColorsTuple = [
  "#eef7f4",
  "#dbeee8",
  "#b6dcd1",
  "#8dc9b9",
  "#6cb9a6",
  "#4aa591",
  "#2f8f7c",
  "#1e7868",
  "#146356",
  "#0c4f45",
];

// Shade 4 of both neutrals draws the borders of fields: WCAG 2.2 section 1.4.11 wants 3:1 against the card.
const stone: MantineColorsTuple = [
  "#f8f7f4",
  "#f0eee9",
  "#e4e1da",
  "#d4d0c7",
  "#8f897e",
  "#7f7970",
  "#68635a",
  "#55514a",
  "#3a3732",
  "#25231f",
];

const slate: MantineColorsTuple = [
  "#e7ebe9",
  "#c8d0cd",
  "#a2adaa",
  "#7c8885",
  "#67736f",
  "#313b39",
  "#1d2524",
  "#141a19",
  "#0f1413",
  "#0a0e0d",
];

/** The theme that `GatehouseProvider` and the stylesheet share. */
export const theme = createTheme({
  primaryColor: "verdigris",
  primaryShade: { light: 8, dark: 4 },
  colors: { verdigris, gray: stone, dark: slate },
  black: "#1f1d1a",
  autoContrast: true,
  luminanceThreshold: 0.32,
  defaultRadius: "md",
  radius: { md: "0.625rem" },
  cursorType: "pointer",
  respectReducedMotion: true,
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", Menlo, Consolas, monospace',
  headings: {
    fontFamily:
      '"Iowan Old Style", "Palatino Linotype", Palatino, P052, "Book Antiqua", "Source Serif 4", "Noto Serif", Georgia, serif',
    fontWeight: "400",
  },
  components: {
    // Mantine decides once whether white or black is legible on the primary colour; this one depends on the scheme.
    Button: {
      vars: (_theme: unknown, { variant }: ButtonProps) => ({
        root: variant === undefined ? { "--button-color": "var(--mantine-primary-color-contrast)" } : {},
      }),
    },
  },
});

/** The colours of the frame around a page, beside those that Mantine makes of the theme. */
export const themeVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-body": "#f3f1ec",
    "--mantine-color-placeholder": "#78736a",
    "--mantine-color-error": "#a8321f",
    "--gatehouse-card": "#fffefc",
    "--gatehouse-line": "#e0dcd3",
    "--gatehouse-arch": "#e0dbd0",
    "--gatehouse-hint": "#eaf3f0",
    "--gatehouse-problem": "#fbeeea",
    "--gatehouse-shadow": "0 1px 2px rgb(58 50 36 / 5%), 0 18px 48px -12px rgb(58 50 36 / 18%)",
  },
  dark: {
    "--mantine-color-body": "#101514",
    "--mantine-color-placeholder": "#8a9693",
    "--mantine-color-error": "#ff9b85",
    "--gatehouse-card": "#182020",
    "--gatehouse-line": "#2a3432",
    "--gatehouse-arch": "#1d2725",
    "--gatehouse-hint": "#1c2b29",
    "--gatehouse-problem": "#33211d",
    "--gatehouse-shadow": "0 1px 2px rgb(0 0 0 / 40%), 0 18px 48px -12px rgb(0 0 0 / 60%)",
  },
});
