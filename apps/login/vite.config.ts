/** How the hosted sign-in pages are built. `scripts/build-pages.ts` runs it and names the folder of the result. */
import { themeStylesheet } from "@gatehouse/ui/build.ts";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  base: "/a/auth/",
  plugins: [react(), themeStylesheet()],
  build: {
    // The policy of the pages admits neither inline scripts nor data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
