/** The hosted sign-in pages under `/a/auth/`: starts the app in the page. */
import { TransportProvider } from "@connectrpc/connect-query";
import { createConnectTransport } from "@connectrpc/connect-web";
import { GatehouseProvider } from "@gatehouse/ui/provider.tsx";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { router } from "./router.tsx";

const LONGEST_CALL_MS = 15_000;

const transport = createConnectTransport({
  baseUrl: window.location.origin,
  defaultTimeoutMs: LONGEST_CALL_MS,
});
const queryClient = new QueryClient();

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no element with the id root");

createRoot(root).render(
  <StrictMode>
    <GatehouseProvider>
      <TransportProvider transport={transport}>
        <QueryClientProvider client={queryClient}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </TransportProvider>
    </GatehouseProvider>
  </StrictMode>,
);
