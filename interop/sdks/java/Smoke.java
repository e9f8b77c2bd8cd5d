import com.scalekit.ScalekitClient;
import com.scalekit.exceptions.APIException;
import com.scalekit.grpc.scalekit.v1.clients.OrganizationClient;
import com.scalekit.grpc.scalekit.v1.commons.Role;
import com.scalekit.grpc.scalekit.v1.connections.ConnectionProvider;
import com.scalekit.grpc.scalekit.v1.connections.ConnectionType;
import com.scalekit.grpc.scalekit.v1.connections.CreateConnection;
import com.scalekit.grpc.scalekit.v1.organizations.CreateOrganization;
import com.scalekit.grpc.scalekit.v1.organizations.Organization;
import com.scalekit.grpc.scalekit.v1.organizations.OrganizationSettingsFeature;
import com.scalekit.grpc.scalekit.v1.organizations.UpdateOrganization;
import com.scalekit.grpc.scalekit.v1.roles.CreatePermission;
import com.scalekit.grpc.scalekit.v1.roles.CreatePermissionRequest;
import com.scalekit.grpc.scalekit.v1.roles.CreateRole;
import com.scalekit.grpc.scalekit.v1.roles.CreateRoleRequest;
import com.scalekit.grpc.scalekit.v1.users.CreateMembership;
import com.scalekit.grpc.scalekit.v1.users.CreateUser;
import com.scalekit.grpc.scalekit.v1.users.CreateUserAndMembershipRequest;
import com.scalekit.grpc.scalekit.v1.users.CreateUserProfile;
import com.scalekit.grpc.scalekit.v1.users.ListOrganizationUsersRequest;
import com.scalekit.internal.http.AuthenticationOptions;
import com.scalekit.internal.http.AuthorizationUrlOptions;
import com.scalekit.internal.http.TokenValidationOptions;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The smoke test of the official Java SDK: {@code --list} names the cases, a name runs one. */
public final class Smoke {
  private static final String URL = System.getenv("SCALEKIT_ENVIRONMENT_URL");
  private static final String CALLBACK = System.getenv("INTEROP_CALLBACK");
  private static final String UNIQUE = Long.toHexString(System.nanoTime());

  private interface Case {
    void run(ScalekitClient client) throws Exception;
  }

  private static final Map<String, Case> CASES = new LinkedHashMap<>();

  static {
    CASES.put("organizations", Smoke::organizations);
    CASES.put("settings and portal link", Smoke::settings);
    CASES.put("domains", Smoke::domains);
    CASES.put("connections", Smoke::connections);
    CASES.put("users and memberships", Smoke::users);
    CASES.put("roles and permissions", Smoke::roles);
    CASES.put("organization clients and their tokens", Smoke::organizationClients);
    CASES.put("API tokens", Smoke::apiTokens);
    CASES.put("sign-in and session", Smoke::signIn);
    CASES.put("errors", Smoke::errors);
  }

  public static void main(String[] words) throws Exception {
    if (words[0].equals("--list")) {
      CASES.keySet().forEach(System.out::println);
      return;
    }
    CASES.get(words[0]).run(connect(System.getenv("SCALEKIT_CLIENT_SECRET")));
    // The SDK's channel keeps threads that would keep the process.
    System.exit(0);
  }

  private static ScalekitClient connect(String secret) {
    return new ScalekitClient(URL, System.getenv("SCALEKIT_CLIENT_ID"), secret);
  }

  private static void organizations(ScalekitClient client) {
    var api = client.organizations();
    var made = createOrganization(client);
    expect(made.getId().startsWith("org_"), made);
    expect(api.getByExternalId("java-" + UNIQUE).getId().equals(made.getId()), "another organization");
    api.updateById(made.getId(), UpdateOrganization.newBuilder().setDisplayName("Java Ltd").build());
    var change = UpdateOrganization.newBuilder().setExternalId("renamed-" + UNIQUE).build();
    api.updateByExternalId("java-" + UNIQUE, change);
    var seen = api.getById(made.getId());
    expect(seen.getDisplayName().equals("Java Ltd") && seen.getExternalId().equals("renamed-" + UNIQUE), seen);
    var page = api.listOrganizations(1, "");
    expect(page.getOrganizations(0).getId().equals(made.getId()) && !page.getNextPageToken().isEmpty(), page);
    api.deleteById(made.getId());
    refuses(() -> api.getById(made.getId()));
  }

  private static void settings(ScalekitClient client) {
    var api = client.organizations();
    var made = createOrganization(client);
    var feature = OrganizationSettingsFeature.newBuilder().setName("dir_sync").setEnabled(true).build();
    api.updateOrganizationSettings(made.getId(), List.of(feature));
    var seen = api.getById(made.getId()).getSettings().getFeaturesList();
    expect(seen.stream().anyMatch(each -> each.getName().equals("dir_sync") && each.getEnabled()), seen);
    var link = api.generatePortalLink(made.getId());
    expect(link.getLocation().startsWith(URL + "/magicLink/"), link);
  }

  private static void domains(ScalekitClient client) {
    var api = client.domains();
    var made = createOrganization(client);
    var domain = api.createDomain(made.getId(), "java-" + UNIQUE + ".com");
    expect(api.getDomainById(made.getId(), domain.getId()).getDomain().equals(domain.getDomain()), domain);
    expect(api.listDomainsByOrganizationId(made.getId()).size() == 1, "not one domain");
  }

  private static void connections(ScalekitClient client) {
    var api = client.connections();
    var made = createOrganization(client);
    var wanted = CreateConnection.newBuilder();
    wanted.setProvider(ConnectionProvider.OKTA).setType(ConnectionType.SAML);
    var connection = api.createConnection(made.getId(), wanted.build());
    var seen = api.getConnectionById(connection.getId(), made.getId());
    expect(seen.getSamlConfig().getSpMetadataUrl().startsWith(URL), seen);
    expect(!api.enableConnection(connection.getId(), made.getId()).getEnabled(), "it is incomplete, and on");
    var test = testOrganization(client);
    var simulated = testConnection(client, ConnectionType.SAML);
    expect(!api.disableConnection(simulated, test).getEnabled(), "still on");
    expect(api.enableConnection(simulated, test).getEnabled(), "still off");
    var byDomain = api.listConnectionsByDomain("example.com").getConnectionsList();
    expect(byDomain.stream().anyMatch(each -> each.getId().equals(simulated)), byDomain);
  }

  private static void users(ScalekitClient client) {
    var api = client.users();
    var made = createOrganization(client);
    var user = CreateUser.newBuilder();
    user.setEmail("ada-" + UNIQUE + "@example.net");
    user.setUserProfile(CreateUserProfile.newBuilder().setGivenName("Ada").setFamilyName("Park"));
    user.setMembership(CreateMembership.newBuilder().addRoles(Role.newBuilder().setName("admin")));
    var request = CreateUserAndMembershipRequest.newBuilder().setUser(user).build();
    var id = api.createUserAndMembership(made.getId(), request).getUser().getId();
    expect(api.getUser(id).getUser().getUserProfile().getGivenName().equals("Ada"), id);
    var listed = api.listOrganizationUsers(made.getId(), ListOrganizationUsersRequest.newBuilder().build());
    expect(listed.getUsersCount() == 1 && listed.getUsers(0).getId().equals(id), listed);
    var held = api.listUserRoles(made.getId(), id).getRolesList();
    expect(held.stream().anyMatch(each -> each.getName().equals("admin")), held);
    refuses(() -> api.createUserAndMembership(made.getId(), request));
    api.deleteUser(id);
    refuses(() -> api.getUser(id));
  }

  private static void roles(ScalekitClient client) {
    var permission = CreatePermission.newBuilder().setName("notes:" + UNIQUE).setDescription("Read notes");
    client.permissions().createPermission(CreatePermissionRequest.newBuilder().setPermission(permission).build());
    var role = CreateRole.newBuilder().setName("editor_" + UNIQUE).setDisplayName("Editor");
    role.addPermissions(permission.getName());
    client.roles().createRole(CreateRoleRequest.newBuilder().setRole(role).build());
    expect(client.roles().getRole(role.getName()).getRole().getDisplayName().equals("Editor"), role);
    var effective = client.permissions().listEffectiveRolePermissions(role.getName()).getPermissionsList();
    expect(effective.size() == 1 && effective.get(0).getName().equals(permission.getName()), effective);
    expect(client.roles().getRoleUsersCount(role.getName()).getCount() == 0, "somebody has the role");
    client.roles().deleteRole(role.getName());
    client.permissions().deletePermission(permission.getName());
    refuses(() -> client.roles().getRole(role.getName()));
  }

  private static void organizationClients(ScalekitClient client) {
    var api = client.m2m();
    var made = createOrganization(client);
    var wanted = OrganizationClient.newBuilder().setName("Importer").addAudience("notes.example").build();
    var created = api.createOrganizationClient(made.getId(), wanted);
    var id = created.getClient().getClientId();
    var auth = client.authentication();
    var token = auth.generateClientToken(id, created.getPlainSecret());
    var right = TokenValidationOptions.builder().issuer(URL).audience(Arrays.asList("notes.example")).build();
    expect(auth.validateAccessToken(token, right), "the token does not hold");
    var wrong = TokenValidationOptions.builder().audience(Arrays.asList("other.example")).build();
    refusesOrFalse(() -> auth.validateAccessToken(token, wrong));
    expect(auth.validateAccessTokenAndGetClaims(token).get("oid").equals(made.getId()), "another organization");
    api.updateOrganizationClient(made.getId(), id, OrganizationClient.newBuilder().setName("Exporter").build());
    expect(api.getOrganizationClient(made.getId(), id).getClient().getName().equals("Exporter"), "its old name");
    api.deleteOrganizationClient(made.getId(), id);
    refuses(() -> api.getOrganizationClient(made.getId(), id));
  }

  private static void apiTokens(ScalekitClient client) {
    var api = client.tokens();
    var made = createOrganization(client);
    var created = api.create(made.getId());
    expect(api.validate(created.getToken()).getTokenInfo().getOrganizationId().equals(made.getId()), created);
    expect(api.list(made.getId(), 10, "").getTokensCount() == 1, "not one token");
    api.invalidate(created.getToken());
    refuses(() -> api.validate(created.getToken()));
  }

  private static void signIn(ScalekitClient client) throws Exception {
    var auth = client.authentication();
    var options = new AuthorizationUrlOptions();
    options.setConnectionId(testConnection(client, ConnectionType.OIDC));
    options.setOrganizationId(testOrganization(client));
    options.setState("state-1");
    var back = visit(auth.getAuthorizationUrl(CALLBACK, options).toString());
    expect(back.startsWith(CALLBACK) && back.contains("state=state-1"), back);
    var code = back.replaceFirst(".*[?&]code=([^&]+).*", "$1");
    var answer = auth.authenticateWithCode(code, CALLBACK, new AuthenticationOptions());
    expect(answer.getIdTokenClaims().getEmail().equals("ada@example.com"), answer.getIdToken());
    var claims = auth.validateAccessTokenAndGetClaims(answer.getAccessToken());
    var session = client.sessions().getSession(String.valueOf(claims.get("sid")));
    expect(session.getUserId().equals(claims.get("sub")), session);
    refuses(() -> auth.authenticateWithCode(code, CALLBACK, new AuthenticationOptions()));
  }

  private static void errors(ScalekitClient client) {
    refuses(() -> client.organizations().getById("org_1"));
    refuses(() -> client.organizations().create(CreateOrganization.newBuilder().build()));
    createOrganization(client);
    refuses(() -> createOrganization(client));
    refuses(() -> connect("wrong"));
  }

  private static Organization createOrganization(ScalekitClient client) {
    var wanted = CreateOrganization.newBuilder().setDisplayName("Java").setExternalId("java-" + UNIQUE);
    return client.organizations().create(wanted.build());
  }

  /** The id of the organization that every development server has. */
  private static String testOrganization(ScalekitClient client) {
    return client.organizations().getByExternalId("test-organization").getId();
  }

  /** The id of its connection of a kind to the simulated identity provider. */
  private static String testConnection(ScalekitClient client, ConnectionType type) {
    var all = client.connections().listConnectionsByOrganization(testOrganization(client)).getConnectionsList();
    return all.stream().filter(each -> each.getType() == type).findFirst().orElseThrow().getId();
  }

  /** Where the scripted user ends who is sent to an address. */
  private static String visit(String address) throws Exception {
    var request = HttpRequest.newBuilder(URI.create(System.getenv("INTEROP_USER")));
    request.POST(HttpRequest.BodyPublishers.ofString(address));
    var answer = HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString());
    expect(answer.statusCode() == 200, answer.body());
    return answer.body();
  }

  private static void expect(boolean holds, Object seen) {
    if (!holds) throw new AssertionError(seen);
  }

  private static void refuses(Runnable attempt) {
    try {
      attempt.run();
    } catch (APIException error) {
      return;
    }
    throw new AssertionError("it went through, and should have been refused");
  }

  private static void refusesOrFalse(java.util.function.BooleanSupplier attempt) {
    try {
      expect(!attempt.getAsBoolean(), "the token holds for another audience");
    } catch (APIException error) {
      // Which of the two it is differs between versions of the SDK.
    }
  }
}
