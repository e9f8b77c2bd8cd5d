/** The door of ClientService. */
import { ClientService } from "@gatehouse/contract/scalekit/v1/clients/clients_pb";
import { serve } from "../../transport/service.ts";
import { environmentClients } from "./environment-clients.rpc.ts";
import { organizationClients } from "./organization-clients.rpc.ts";
import { scopeMethods } from "./scopes.rpc.ts";

export const clientService = serve(ClientService, {
  ...environmentClients,
  ...organizationClients,
  ...scopeMethods,
});
