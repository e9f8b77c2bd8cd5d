/** However a path is written, in encodings, dots, slashes, parameters or capitals: nobody without a token reads data. */
import { beforeAll, expect, test } from "vitest";
import { onOneNodeAndTwo } from "../testing/cluster.ts";
import { createScimClient, type ScimClient } from "../testing/scim.ts";
import { send } from "../transport/testing.ts";

onOneNodeAndTwo((cluster) => {
  let idp: ScimClient;
  let other: ScimClient;
  let userId: string;
  beforeAll(async () => {
    idp = await createScimClient(cluster());
    other = await createScimClient(cluster());
    [userId = ""] = await idp.users("secret-person@acme.test");
  });

  /** Each path in the ways that parsers have read differently. */
  function variants(path: string): string[] {
    const [, ...parts] = path.split("/");
    const last = parts.at(-1) ?? "";
    const before = `/${parts.slice(0, -1).join("/")}`;
    const percent = (text: string) => [...text].map((c) => `%${c.charCodeAt(0).toString(16)}`).join("");
    return [
      path,
      `${path}/`,
      `/${path}`,
      `${before}//${last}`,
      `${before}%2f${last}`,
      `${before}/${percent(last)}`,
      `${before}/${percent(percent(last))}`,
      `${before}/.%2f${last}`,
      `${before}/./${last}`,
      `${before}/%2e/${last}`,
      `${before}/x/../${last}`,
      `${before}/x/%2e%2e/${last}`,
      `${before}/x%2f..%2f${last}`,
      `${before}\\${last}`,
      `${path};x=1`,
      `${before};x=1/${last}`,
      `${path}%00`,
      `${path}%20`,
      `${path}.json`,
      `${path}#x`,
      `${path}?x=/../${last}`,
      path.toUpperCase(),
      path.replace("/directory/", "/Directory/").replace("/api/", "/API/"),
      `${before}/${last.toLowerCase()}`,
      `http://localhost${path}`,
    ];
  }

  function protectedPaths(): string[] {
    const { id } = idp.directory;
    return [
      `/directory/${id}/scim/v2/Users`,
      `/directory/${id}/scim/v2/Users/${userId}`,
      `/directory/${id}/scim/v2/Groups`,
      `/api/v1/organizations/${idp.organizationId}/directories/${id}`,
      `/api/v1/organizations/${idp.organizationId}/directories/${id}/users`,
    ];
  }

  const portOf = () => Number(new URL(cluster().url).port);

  test("without a token, and with a token of another directory", async () => {
    for (const path of protectedPaths().flatMap(variants)) {
      for (const headers of [{}, { authorization: `Bearer ${other.token}` }] as Record<string, string>[]) {
        const answer = await send(portOf(), path, {
          headers: { ...headers, host: new URL(cluster().url).host },
        });
        expect([400, 401, 403, 404, 405, 414], path).toContain(answer.status);
        expect(answer.text, path).not.toContain("secret-person");
      }
    }
  });

  test("with a token of another directory, through its own address", async () => {
    const own = `/directory/${other.directory.id}/scim/v2`;
    const theirs = `directory/${idp.directory.id}/scim/v2/Users`;
    const paths = [
      `${own}/../../../${theirs}`,
      `${own}/%2e%2e/%2e%2e/%2e%2e/${theirs}`,
      `${own}/..%2f..%2f..%2f${theirs}`,
      `${own}/Users/..%2f..%2f..%2f..%2f..%2f${theirs}`,
      `${own}/Users/${userId}`,
      `${own}/Users/..%2fUsers%2f${userId}`,
      `/directory/${other.directory.id}%2f..%2f${idp.directory.id}/scim/v2/Users`,
      `/directory/${other.directory.id},${idp.directory.id}/scim/v2/Users`,
      `/directory/${idp.directory.id}/scim/v2/Users?directoryId=${other.directory.id}`,
    ];
    for (const path of paths) {
      const headers = { authorization: `Bearer ${other.token}`, host: new URL(cluster().url).host };
      const answer = await send(portOf(), path, { headers });
      expect([400, 401, 404], path).toContain(answer.status);
      expect(answer.text, path).not.toContain("secret-person");
    }
  });

  test("another verb in a header or the query is none", async () => {
    const headers = {
      host: new URL(cluster().url).host,
      "x-http-method-override": "DELETE",
      authorization: `Bearer ${idp.token}`,
    };
    const path = `/directory/${idp.directory.id}/scim/v2/Users/${userId}?_method=DELETE`;
    expect((await send(portOf(), path, { headers })).status).toBe(200);
    expect((await idp.send("GET", `/Users/${userId}`)).status).toBe(200);
  });
});
