import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.CallCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import scalekit.v1.errdetails.Errdetails.ErrorInfo;
import scalekit.v1.organizations.OrganizationServiceGrpc;
import scalekit.v1.organizations.OrganizationServiceGrpc.OrganizationServiceBlockingStub;
import scalekit.v1.organizations.Organizations.CreateOrganization;
import scalekit.v1.organizations.Organizations.CreateOrganizationRequest;
import scalekit.v1.organizations.Organizations.DeleteOrganizationRequest;
import scalekit.v1.organizations.Organizations.GetOrganizationRequest;
import scalekit.v1.organizations.Organizations.GetOrganizationResponse;
import scalekit.v1.organizations.Organizations.ListOrganizationsRequest;
import scalekit.v1.organizations.Organizations.Organization;
import scalekit.v1.organizations.Organizations.UpdateOrganization;
import scalekit.v1.organizations.Organizations.UpdateOrganizationRequest;

/** Calls of grpc-java with stubs of our contract: {@code --list} names the cases, a name runs one. */
public final class Calls {
  private static final URI URL = URI.create(System.getenv("SCALEKIT_ENVIRONMENT_URL"));
  private static final String UNIQUE = Long.toHexString(System.nanoTime());
  private static final int AT_ONCE = 200;
  private static final int LONG = 900_000;

  private interface Case {
    void run() throws Exception;
  }

  private static final Map<String, Case> CASES = new LinkedHashMap<>();

  static {
    CASES.put("create, get, update, list, delete", Calls::lifeOfAnOrganization);
    CASES.put("200 calls at once on one connection", Calls::manyAtOnce);
    CASES.put("a message of 900 kB, refused in words", Calls::longMessage);
    CASES.put("status and details of a refusal", Calls::refusal);
    CASES.put("a deadline that has passed", Calls::deadline);
    CASES.put("no token, and a wrong one", Calls::strangers);
  }

  private static ManagedChannel channel;

  public static void main(String[] words) throws Exception {
    if (words[0].equals("--list")) {
      CASES.keySet().forEach(System.out::println);
      return;
    }
    var port = URL.getPort() == -1 ? 443 : URL.getPort();
    channel = ManagedChannelBuilder.forAddress(URL.getHost(), port).userAgent("scalekit-sdk-java/2.5.0").build();
    CASES.get(words[0]).run();
    channel.shutdownNow();
  }

  private static void lifeOfAnOrganization() throws Exception {
    var api = api(token());
    var made = create(api, "Java");
    var change = UpdateOrganization.newBuilder().setDisplayName("Java Ltd").putMetadata("plan", "gold");
    var update = UpdateOrganizationRequest.newBuilder().setId(made.getId()).setOrganization(change);
    api.updateOrganization(update.build());
    var seen = api.getOrganization(get(made.getId())).getOrganization();
    expect(seen.getDisplayName().equals("Java Ltd") && seen.getMetadataMap().get("plan").equals("gold"), seen);
    expect(seen.getCreateTime().getSeconds() > 0, seen);
    var page = api.listOrganization(ListOrganizationsRequest.newBuilder().setPageSize(1).build());
    expect(page.getOrganizations(0).getId().equals(made.getId()), page);
    api.deleteOrganization(DeleteOrganizationRequest.newBuilder().setId(made.getId()).build());
    expect(codeOf(() -> api.getOrganization(get(made.getId()))) == Status.Code.NOT_FOUND, "it is still there");
  }

  private static void manyAtOnce() throws Exception {
    var token = token();
    var made = create(api(token), "Many");
    var future = OrganizationServiceGrpc.newFutureStub(channel).withCallCredentials(bearer(token));
    var answers = new ArrayList<ListenableFuture<GetOrganizationResponse>>();
    for (int call = 0; call < AT_ONCE; call++) answers.add(future.getOrganization(get(made.getId())));
    for (var answer : answers) {
      var seen = answer.get(30, TimeUnit.SECONDS).getOrganization();
      expect(seen.getId().equals(made.getId()), seen);
    }
  }

  private static void longMessage() throws Exception {
    var api = api(token());
    expect(codeOf(() -> create(api, "x".repeat(LONG))) == Status.Code.INVALID_ARGUMENT, "it was not refused");
    create(api, "The connection lives");
  }

  private static void refusal() throws Exception {
    var api = api(token());
    try {
      api.getOrganization(get("org_1"));
    } catch (StatusRuntimeException error) {
      var details = StatusProto.fromThrowable(error).getDetailsList();
      var info = details.get(0).unpack(ErrorInfo.class);
      expect(error.getStatus().getCode() == Status.Code.NOT_FOUND, error);
      expect(info.getErrorCode().equals("ORGANIZATION_NOT_FOUND"), info);
      return;
    }
    throw new AssertionError("it went through, and should have been refused");
  }

  private static void deadline() throws Exception {
    var late = api(token()).withDeadlineAfter(1, TimeUnit.NANOSECONDS);
    expect(codeOf(() -> late.getOrganization(get("org_1"))) == Status.Code.DEADLINE_EXCEEDED, "it was in time");
  }

  private static void strangers() {
    var nobody = OrganizationServiceGrpc.newBlockingStub(channel);
    expect(codeOf(() -> nobody.getOrganization(get("org_1"))) == Status.Code.UNAUTHENTICATED, "no token");
    var wrong = api("wrong");
    expect(codeOf(() -> wrong.getOrganization(get("org_1"))) == Status.Code.UNAUTHENTICATED, "a wrong token");
  }

  private static Organization create(OrganizationServiceBlockingStub api, String name) {
    var wanted = CreateOrganization.newBuilder().setDisplayName(name).setExternalId(name.charAt(0) + UNIQUE);
    return api.createOrganization(CreateOrganizationRequest.newBuilder().setOrganization(wanted).build())
        .getOrganization();
  }

  private static GetOrganizationRequest get(String id) {
    return GetOrganizationRequest.newBuilder().setId(id).build();
  }

  private static OrganizationServiceBlockingStub api(String token) {
    return OrganizationServiceGrpc.newBlockingStub(channel).withCallCredentials(bearer(token));
  }

  private static CallCredentials bearer(String token) {
    return new CallCredentials() {
      @Override
      public void applyRequestMetadata(RequestInfo request, Executor executor, MetadataApplier applier) {
        var headers = new Metadata();
        headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
        applier.apply(headers);
      }
    };
  }

  private static String token() throws Exception {
    var form = "grant_type=client_credentials&client_id=" + System.getenv("SCALEKIT_CLIENT_ID");
    form += "&client_secret=" + System.getenv("SCALEKIT_CLIENT_SECRET");
    var request = HttpRequest.newBuilder(URL.resolve("/oauth/token"));
    request.header("content-type", "application/x-www-form-urlencoded");
    request.POST(HttpRequest.BodyPublishers.ofString(form));
    var answer = HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString());
    expect(answer.statusCode() == 200, answer.body());
    return answer.body().replaceFirst(".*\"access_token\":\"([^\"]+)\".*", "$1");
  }

  private static Status.Code codeOf(Runnable call) {
    try {
      call.run();
      return Status.Code.OK;
    } catch (StatusRuntimeException error) {
      return error.getStatus().getCode();
    }
  }

  private static void expect(boolean holds, Object seen) {
    if (!holds) throw new AssertionError(seen);
  }
}
