import { create, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { ErrorInfoSchema } from "@gatehouse/contract/scalekit/v1/errdetails/errdetails_pb";
import {
  CreateOrganizationRequestSchema,
  GetOrganizationRequestSchema,
  OrganizationService,
} from "@gatehouse/contract/scalekit/v1/organizations/organizations_pb";
import { UserService } from "@gatehouse/contract/scalekit/v1/users/users_pb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { as, ownOrganization, type Server, send, startServer } from "./testing.ts";

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.transport.stop());

const wires = {
  "gRPC over h2c": () => createGrpcTransport({ baseUrl: server.url }),
  "gRPC over HTTP/1.1": () => createGrpcTransport({ baseUrl: server.url, httpVersion: "1.1" } as never),
  "gRPC-Web over HTTP/1.1": () => createGrpcWebTransport({ baseUrl: server.url, httpVersion: "1.1" }),
  "gRPC-Web over h2c": () => createGrpcWebTransport({ baseUrl: server.url, httpVersion: "2" }),
  "Connect over HTTP/1.1": () => createConnectTransport({ baseUrl: server.url, httpVersion: "1.1" }),
  "Connect over h2c": () => createConnectTransport({ baseUrl: server.url, httpVersion: "2" }),
};

async function failure(call: Promise<unknown>): Promise<ConnectError> {
  return call.then(
    () => expect.unreachable("the call must fail"),
    (error) => ConnectError.from(error),
  );
}

function infoOf(error: ConnectError) {
  const [info] = error.findDetails(ErrorInfoSchema);
  if (info === undefined) throw new Error(`no ErrorInfo in ${error.message}`);
  return info;
}

describe.each(Object.entries(wires))("%s", (_name, transport) => {
  const headers = as("client");
  const organizations = () => createClient(OrganizationService, transport());

  test("answers a call", async () => {
    const answer = await organizations().getOrganization(
      { identities: { case: "externalId", value: "acme" } },
      { headers },
    );
    expect(answer.organization?.displayName).toBe("externalId acme");
  });

  test("refuses a call without a token: UNAUTHENTICATED, Token empty", async () => {
    const error = await failure(organizations().getOrganization({}));
    expect([error.code, error.rawMessage]).toEqual([Code.Unauthenticated, "Token empty"]);
    expect(infoOf(error).errorCode).toBe("UNAUTHENTICATED");
    expect(infoOf(error).requestInfo?.requestId).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("refuses a bad token, a caller that the method does not admit, a missing permission", async () => {
    const bad = await failure(organizations().getOrganization({}, { headers: as("wrong") }));
    expect([bad.code, bad.rawMessage]).toEqual([Code.Unauthenticated, "Token invalid"]);
    const session = await failure(organizations().createOrganization({}, { headers: as("session") }));
    expect([session.code, infoOf(session).errorCode]).toEqual([Code.PermissionDenied, "PERMISSION_DENIED"]);
    const write = await failure(organizations().updateOrganization({}, { headers: as("session") }));
    expect(write.rawMessage).toContain("organizations_write");
  });

  test("refuses a message that breaks its rules, naming each field", async () => {
    const organization = { displayName: "", metadata: { ab: "x" } };
    const error = await failure(organizations().createOrganization({ organization }, { headers }));
    expect(error.code).toBe(Code.InvalidArgument);
    expect(infoOf(error).errorCode).toBe("INVALID_ARGUMENT");
    const violations = infoOf(error).validationErrorInfo?.fieldViolations ?? [];
    expect(violations.map(({ field, constraint }) => [field, constraint])).toEqual([
      ["organization.display_name", "string.min_len"],
      ['organization.metadata["ab"]', "string.min_len"],
    ]);
  });

  test("carries the errors of rules, and hides the reason of a bug", async () => {
    const get = (value: string) =>
      failure(organizations().getOrganization({ identities: { case: "id", value } }, { headers }));
    const missing = await get("org_missing");
    expect([missing.code, infoOf(missing).errorCode]).toEqual([Code.NotFound, "ORGANIZATION_NOT_FOUND"]);
    const bug = await get("org_bug");
    expect(bug.code).toBe(Code.Internal);
    expect(bug.rawMessage).toMatch(/^Something failed on our side \(request [0-9a-f-]{36}\)$/);
    expect(server.lines.some((line) => line.includes("the secret reason"))).toBe(true);
  });

  test("an unbuilt method is UNIMPLEMENTED for who may call it, and UNAUTHENTICATED for a stranger", async () => {
    const users = createClient(UserService, transport());
    expect((await failure(users.listUsers({}))).code).toBe(Code.Unauthenticated);
    const error = await failure(users.listUsers({}, { headers }));
    expect([error.code, infoOf(error).errorCode]).toEqual([Code.Unimplemented, "UNIMPLEMENTED"]);
  });

  test("binds a session to its organization", async () => {
    const get = (value: string) =>
      organizations().getOrganization({ identities: { case: "id", value } }, { headers: as("session") });
    expect((await get(ownOrganization)).organization?.id).toBe(ownOrganization);
    expect((await failure(get("org_other"))).code).toBe(Code.NotFound);
  });

  test("refuses a message over 1 MiB in clear words", async () => {
    const organization = { displayName: "x".repeat(1024 * 1024) };
    const error = await failure(organizations().createOrganization({ organization }, { headers }));
    expect(error.code).toBe(Code.ResourceExhausted);
    expect(error.rawMessage).toMatch(/larger than/);
  });
});

/** A gRPC message in its envelope: no compression, length, bytes. */
function envelope(bytes: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

const getPath = "/scalekit.v1.organizations.OrganizationService/GetOrganization";
const createPath = "/scalekit.v1.organizations.OrganizationService/CreateOrganization";
const grpc = { "content-type": "application/grpc", te: "trailers" };

describe("gRPC frames and trailers over a plain HTTP/1.1 connection", () => {
  test("answer with the status in the trailers", async () => {
    const message = create(GetOrganizationRequestSchema, { identities: { case: "id", value: "org_1" } });
    const answer = await send(server.port, getPath, {
      method: "POST",
      headers: as("client", grpc),
      body: envelope(toBinary(GetOrganizationRequestSchema, message)),
    });
    expect([answer.status, answer.trailers["grpc-status"]]).toEqual([200, "0"]);
    expect(answer.body.length).toBeGreaterThan(5);
  });

  test("answer an error with details whose code and message equal the status", async () => {
    const body = envelope(new Uint8Array());
    const { trailers, headers } = await send(server.port, getPath, { method: "POST", headers: grpc, body });
    expect([trailers["grpc-status"], trailers["grpc-message"]]).toEqual(["16", "Token%20empty"]);
    const details = Buffer.from(trailers["grpc-status-details-bin"] ?? "", "base64").toString("latin1");
    expect(details).toContain("Token empty");
    expect(details).toContain("type.googleapis.com/scalekit.v1.errdetails.ErrorInfo");
    expect(headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
  });

  test.each([
    ["bytes that are no message", envelope(Buffer.from([0xff, 0xff, 0xff])), "3"],
    [
      "a message over 1 MiB",
      envelope(
        toBinary(
          CreateOrganizationRequestSchema,
          create(CreateOrganizationRequestSchema, { organization: { displayName: "x".repeat(1024 * 1024) } }),
        ),
      ),
      "8",
    ],
    ["an envelope cut short", envelope(Buffer.alloc(10)).subarray(0, 9), "3"],
  ])("answer %s with details too", async (_what, body, status) => {
    const { trailers } = await send(server.port, createPath, {
      method: "POST",
      headers: as("client", grpc),
      body,
    });
    expect(trailers["grpc-status"]).toBe(status);
    expect(trailers["grpc-status-details-bin"]).toBeTruthy();
  });

  test("answer a service that does not exist with UNIMPLEMENTED", async () => {
    const answer = await send(server.port, "/no.Service/Method", { method: "POST", headers: grpc });
    expect([answer.status, answer.headers["grpc-status"]]).toEqual([200, "12"]);
    expect(answer.headers["grpc-status-details-bin"]).toBeTruthy();
  });
});

test("a method's path answers POST only, and RPC media types only", async () => {
  const get = await send(server.port, getPath);
  expect([get.status, get.headers.allow, get.json.code]).toEqual([405, "POST", 12]);
  const text = await send(server.port, getPath, {
    method: "POST",
    headers: { "content-type": "text/plain" },
  });
  expect(text.status).toBe(415);
});

test("a message that holds a character which no row can store is refused", async () => {
  const client = createClient(OrganizationService, createGrpcTransport({ baseUrl: server.url }));
  const organization = { displayName: "a\0b" };
  const error = await failure(client.createOrganization({ organization }, { headers: as("client") }));
  expect(error.code).toBe(Code.InvalidArgument);
  expect(infoOf(error).validationErrorInfo?.fieldViolations[0]?.field).toBe("organization");
});
