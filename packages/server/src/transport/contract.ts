/** The contract: every service that this server answers for, built or not. */
import type { DescService } from "@bufbuild/protobuf";
import { AgentkitAnalyticsService } from "@gatehouse/contract/scalekit/v1/agentkit_logs/agentkit_analytics_pb";
import { AgentkitLogsService } from "@gatehouse/contract/scalekit/v1/agentkit_logs/agentkit_logs_pb";
import { AuditLogsService } from "@gatehouse/contract/scalekit/v1/auditlogs/auditlogs_pb";
import { AuthService } from "@gatehouse/contract/scalekit/v1/auth/auth_pb";
import { PasswordlessService } from "@gatehouse/contract/scalekit/v1/auth/passwordless_pb";
import { TOTPService } from "@gatehouse/contract/scalekit/v1/auth/totp_pb";
import { WebAuthnService } from "@gatehouse/contract/scalekit/v1/auth/webauthn_pb";
import { ClientService } from "@gatehouse/contract/scalekit/v1/clients/clients_pb";
import { ConnectedAccountService } from "@gatehouse/contract/scalekit/v1/connected_accounts/connected_accounts_pb";
import { ConnectionService } from "@gatehouse/contract/scalekit/v1/connections/connections_pb";
import { DirectoryService } from "@gatehouse/contract/scalekit/v1/directories/directories_pb";
import { DomainService } from "@gatehouse/contract/scalekit/v1/domains/domains_pb";
import { EmailService } from "@gatehouse/contract/scalekit/v1/emails/emails_pb";
import { EnvironmentService } from "@gatehouse/contract/scalekit/v1/environments/environments_pb";
import { EventsService } from "@gatehouse/contract/scalekit/v1/events/events_pb";
import { InterceptorService } from "@gatehouse/contract/scalekit/v1/interceptors/interceptors_pb";
import { McpService } from "@gatehouse/contract/scalekit/v1/mcp/mcp_pb";
import { MembersService } from "@gatehouse/contract/scalekit/v1/members/members_pb";
import { OrganizationService } from "@gatehouse/contract/scalekit/v1/organizations/organizations_pb";
import { ProviderService } from "@gatehouse/contract/scalekit/v1/providers/providers_pb";
import { RolesService } from "@gatehouse/contract/scalekit/v1/roles/roles_pb";
import { SecretService } from "@gatehouse/contract/scalekit/v1/secrets/secrets_pb";
import { SessionService } from "@gatehouse/contract/scalekit/v1/sessions/sessions_pb";
import { ApiTokenService } from "@gatehouse/contract/scalekit/v1/tokens/tokens_pb";
import { ToolService } from "@gatehouse/contract/scalekit/v1/tools/tools_pb";
import { UserAttributeService } from "@gatehouse/contract/scalekit/v1/user_attributes/user_attributes_pb";
import { UserService } from "@gatehouse/contract/scalekit/v1/users/users_pb";
import { WebhookService } from "@gatehouse/contract/scalekit/v1/webhooks/webhooks_pb";

export const contract: readonly DescService[] = [
  AgentkitAnalyticsService,
  AgentkitLogsService,
  AuditLogsService,
  AuthService,
  PasswordlessService,
  TOTPService,
  WebAuthnService,
  ClientService,
  ConnectedAccountService,
  ConnectionService,
  DirectoryService,
  DomainService,
  EmailService,
  EnvironmentService,
  EventsService,
  InterceptorService,
  McpService,
  MembersService,
  OrganizationService,
  ProviderService,
  RolesService,
  SecretService,
  SessionService,
  ApiTokenService,
  ToolService,
  UserAttributeService,
  UserService,
  WebhookService,
];
