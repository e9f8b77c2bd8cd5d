import { describe, expect, test } from "vitest";
import { escapeHtml, html, page, submitPage } from "./page.ts";

test("html escapes its parts, but not what is markup already", () => {
  const item = html`<li>${"<b>"}</li>`;
  expect(html`<ul title="${"\"'&"}">${[item, item]}${3}</ul>`.text).toBe(
    '<ul title="&#34;&#39;&#38;"><li>&#60;b&#62;</li><li>&#60;b&#62;</li>3</ul>',
  );
  expect(escapeHtml("a<b>&")).toBe("a&#60;b&#62;&#38;");
});

test("a page allows no script, no frame and no form by itself", () => {
  const { headers, body } = page({ title: "<T>", body: html`<p>x</p>` });
  expect(headers?.["content-security-policy"]).not.toContain("script-src");
  expect(headers?.["content-security-policy"]).toContain("form-action 'none'");
  expect(body).toContain("<title>&#60;T&#62; · Gatehouse</title>");
});

describe("a page that submits itself", () => {
  const options = { title: "Signing in", message: "One moment.", fields: { RelayState: '"><script>' } };

  test("has a form that the policy lets go, our script, and a button for browsers without it", () => {
    const { headers, body } = submitPage({ ...options, action: "https://idp.example/sso?a=1&b=2" });
    expect(body).toContain('action="https://idp.example/sso?a=1&#38;b=2"');
    expect(body).toContain('value="&#34;&#62;&#60;script&#62;"');
    expect(body).toMatch(/<script src="\/a\/assets\/submit\.js\?v=[\w-]+" defer><\/script>/);
    expect(body).toContain('<button type="submit">Continue</button>');
    expect(headers?.["content-security-policy"]).toContain(
      "script-src 'self'; form-action https: http://localhost:* http://127.0.0.1:*;",
    );
  });

  test("allows http, too, for a target without TLS, and refuses other schemes", () => {
    const local = submitPage({ ...options, action: "http://localhost:7000/acs" });
    expect(local.headers?.["content-security-policy"]).toContain("form-action http: https:;");
    expect(() => submitPage({ ...options, action: "javascript:alert(1)" })).toThrow("cannot post");
  });
});
