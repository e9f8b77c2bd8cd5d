/**
 * Why methods of the contract do not answer: a reason for each service, or for the methods of one that are left out.
 * A method without a reason stops the page from being written.
 */

const agents = "Connected accounts and tools of AI agents";
const polled = "Directories that are asked for their users, such as Google Workspace";
const mcp = "Authorization of MCP servers";
const mail = "Mail templates and mail servers of an environment's own";
const interceptors = "Interceptors";
const webhooksPage =
  "It leads to the dashboard's page of webhooks, which is not there: `gatehouse.v1.webhooks` manages them";
const vendorsRelay = "It belongs to the relay through which the vendor sends webhooks";
const passwordless = "Sign-in by a code or a link in a mail";
const secondFactor = "Sign-in by passkey or by a code of an authenticator app";
const signUp = "The hosted pages for signing in without single sign-on, and for signing up";
const portal = "The pages of the admin portal";
const resources =
  "Resources: the MCP servers and APIs that clients get tokens for, and the consent of users to that";
const noFiles =
  "Gatehouse stores no files: put the address of a logo that you host into the customization or the organization";
const closed = "The contract closes it to every caller";
const shownOnce =
  "A token is shown once and kept as a hash, so there is nothing to fetch; the contract opens it to nobody";
const vendorsDesk = "It signs a person in at the vendor's own support desk";
const undocumented =
  "No public document says what its answer looks like: ask for organizations and connections by their own methods";

/** By service, for all of its methods that are not built; or by `Service/Method`. */
export const notBuilt: Readonly<Record<string, string>> = {
  AgentkitAnalyticsService: agents,
  AgentkitLogsService: agents,
  ConnectedAccountService: agents,
  ProviderService: agents,
  ToolService: agents,
  "ConnectionService/ListAppConnections": agents,
  "EnvironmentService/CreateAgentActionsConfig": agents,
  "EnvironmentService/GetAgentActionsConfig": agents,
  "EnvironmentService/UpdateAgentActionsConfig": agents,
  "DirectoryService/AssignGroupsForDirectory": polled,
  "DirectoryService/TriggerDirectorySync": polled,
  McpService: mcp,
  ClientService: resources,
  "AuthService/UpdateLoginUserDetails": mcp,
  EmailService: mail,
  InterceptorService: interceptors,
  "WebhookService/GetPortalURL": webhooksPage,
  "WebhookService/WebhookWrapper": vendorsRelay,
  "WebhookService/SendWebhookEvent": vendorsRelay,
  PasswordlessService: passwordless,
  "AuthService/VerifyPasswordLessOtp": passwordless,
  "AuthService/ResendPasswordless": passwordless,
  TOTPService: secondFactor,
  WebAuthnService: secondFactor,
  AuthService: signUp,
  "EnvironmentService/PortalBootstrap": portal,
  "EnvironmentService/CreateAssetUploadURL": noFiles,
  "EnvironmentService/DeleteEnvironment": closed,
  "EnvironmentService/GetScalekitResources": undocumented,
  "ApiTokenService/FetchToken": shownOnce,
  "UserService/GetSupportHash": vendorsDesk,
};
