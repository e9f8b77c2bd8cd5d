import { describe, expect, test } from "vitest";
import { type OutboundRequest, redirectedRequest } from "./outbound-redirect.ts";

const headers = {
  accept: "application/json",
  authorization: "Bearer secret",
  cookie: "a=1",
  "content-type": "application/json",
  "x-signature": "secret",
};

function request(change: Partial<OutboundRequest> = {}): OutboundRequest {
  const url = new URL("https://a.example/path");
  return { url, method: "POST", headers: new Headers(headers), body: "{}", ...change };
}

const names = (next: OutboundRequest | undefined): string[] => [...(next?.headers.keys() ?? [])];

test.each([200, 300, 304, 305, 400])("%i is no redirect", (status) => {
  expect(redirectedRequest(request(), { status, location: "/next" })).toBeUndefined();
});

test("nor is a redirect that names no target", () => {
  expect(redirectedRequest(request(), { status: 302, location: null })).toBeUndefined();
});

describe("within one origin", () => {
  test.each([307, 308])("%i repeats the request", (status) => {
    const next = redirectedRequest(request(), { status, location: "other?x=1" });
    expect(next).toMatchObject({ method: "POST", body: "{}", url: { href: "https://a.example/other?x=1" } });
    expect(names(next)).toEqual(Object.keys(headers).toSorted());
  });

  test.each([301, 302, 303])("%i of a POST becomes a GET without body", (status) => {
    const next = redirectedRequest(request(), { status, location: "/" });
    expect(next).toMatchObject({ method: "GET", body: undefined });
    expect(names(next)).toEqual(["accept", "authorization", "cookie", "x-signature"]);
  });

  test("301 of a PUT repeats it, 303 of a HEAD stays a HEAD", () => {
    expect(redirectedRequest(request({ method: "PUT" }), { status: 301, location: "/" })?.method).toBe("PUT");
    expect(redirectedRequest(request({ method: "HEAD" }), { status: 303, location: "/" })?.method).toBe(
      "HEAD",
    );
  });

  test("a stream cannot be repeated", () => {
    const streamed = request({ body: new ReadableStream() });
    const next = () => redirectedRequest(streamed, { status: 307, location: "/" });
    expect(next).toThrow(expect.objectContaining({ reason: "too_many_redirects", host: "a.example" }));
  });
});

describe("to another origin", () => {
  test.each(["https://b.example/", "https://a.example:8443/", "//b.example/"])(
    "%s: body, credentials and signatures stay behind",
    (location) => {
      const next = redirectedRequest(request(), { status: 307, location });
      expect(next).toMatchObject({ method: "GET", body: undefined });
      expect(names(next)).toEqual(["accept"]);
    },
  );

  test("and back again: they do not return", () => {
    const away = redirectedRequest(request(), { status: 307, location: "https://b.example/" });
    const back = redirectedRequest(away as OutboundRequest, { status: 307, location: "https://a.example/" });
    expect(names(back)).toEqual(["accept"]);
  });

  test("http may become https", () => {
    const plain = request({ url: new URL("http://a.example/") });
    const next = redirectedRequest(plain, { status: 302, location: "https://a.example/" });
    expect(next?.url.href).toBe("https://a.example/");
  });

  test.each(["http://a.example/", "ftp://a.example/", "file:///etc/passwd", "data:,x"])(
    "https never becomes %s",
    (location) => {
      const next = () => redirectedRequest(request(), { status: 302, location });
      expect(next).toThrow(expect.objectContaining({ reason: "scheme_refused", host: "a.example" }));
    },
  );

  test.each(["https://", "https://[::1", "https://a b/"])("%j cannot be read", (location) => {
    const next = () => redirectedRequest(request(), { status: 302, location });
    expect(next).toThrow(expect.objectContaining({ reason: "url_refused" }));
  });
});
