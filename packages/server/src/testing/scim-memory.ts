/** A SCIM server in memory, built of `protocols/scim` alone: it shows that the stories and the pure parts agree. */

import { readGroupDocument, readUserDocument } from "../protocols/scim/document.ts";
import { ScimError } from "../protocols/scim/errors.ts";
import { formatEtag } from "../protocols/scim/etag.ts";
import { groupChanges, type MemberChange } from "../protocols/scim/group-changes.ts";
import { GROUP_SCOPE } from "../protocols/scim/group-schema.ts";
import type { Json, JsonObject } from "../protocols/scim/json.ts";
import {
  type ListParameters,
  listResponse,
  readListQuery,
  readSearchRequest,
} from "../protocols/scim/lists.ts";
import { matches } from "../protocols/scim/matches.ts";
import { patchDocument } from "../protocols/scim/patch.ts";
import { readPatchRequest } from "../protocols/scim/patch-request.ts";
import { project } from "../protocols/scim/projection.ts";
import {
  findResourceTypeResource,
  findSchemaResource,
  resourceTypeResources,
  schemaResources,
  serviceProviderConfig,
} from "../protocols/scim/schemas.ts";
import { USER_SCOPE } from "../protocols/scim/user-schema.ts";

type Kind = "Users" | "Groups";
type Stored = { id: string; kind: Kind; document: JsonObject; members: Set<string>; version: number };

export type MemoryRequest = {
  method: string;
  /** Below the base address, with its query. */
  path: string;
  authorization: string | undefined;
  body: Json | undefined;
};
export type MemoryAnswer = { status: number; body: Json | undefined; location?: string | undefined };

const CREATED = "2026-01-02T03:04:05.000Z";

/** Answers requests from a map; ids count up, and time stands still. */
export class ScimMemory {
  readonly #base: string;
  readonly #token: string;
  readonly #stored = new Map<string, Stored>();
  #last = 0;

  constructor(base: string, token: string) {
    this.#base = base;
    this.#token = token;
  }

  answer(request: MemoryRequest): MemoryAnswer {
    try {
      if (request.authorization !== `Bearer ${this.#token}`)
        throw new ScimError(401, "The token is not valid.");
      return this.#route(request);
    } catch (error) {
      if (error instanceof ScimError) return { status: error.status, body: error.toBody() };
      throw error;
    }
  }

  #route({ method, path, body }: MemoryRequest): MemoryAnswer {
    const url = new URL(`https://memory.test${path}`);
    const [endpoint = "", id] = url.pathname.slice(1).split("/").map(decodeURIComponent);
    if (endpoint === ".search" && method === "POST")
      return this.#search(["Users", "Groups"], readSearchRequest(body));
    if (endpoint !== "Users" && endpoint !== "Groups") return this.#discover(method, endpoint, id);
    const parameters = Object.fromEntries(url.searchParams) as ListParameters;
    if (id === ".search" && method === "POST") return this.#search([endpoint], readSearchRequest(body));
    if (id === undefined && method === "GET") return this.#search([endpoint], parameters);
    if (id === undefined && method === "POST") return this.#create(endpoint, body);
    const stored = this.#stored.get(id ?? "");
    if (stored === undefined || stored.kind !== endpoint)
      throw new ScimError(404, `There is no ${endpoint} ${id}.`);
    return this.#change(method, stored, body, parameters);
  }

  #discover(method: string, endpoint: string, id: string | undefined): MemoryAnswer {
    const known = {
      Schemas: [schemaResources(this.#base), findSchemaResource(this.#base, id ?? "")],
      ResourceTypes: [resourceTypeResources(this.#base), findResourceTypeResource(this.#base, id ?? "")],
      ServiceProviderConfig: [serviceProviderConfig(this.#base), undefined],
    }[endpoint];
    if (known !== undefined && method !== "GET") throw new ScimError(405, `${endpoint} can only be read.`);
    const [all, one] = known ?? [];
    const found = id !== undefined ? one : Array.isArray(all) ? listOf(all) : all;
    if (found === undefined) throw new ScimError(404, `There is no /${endpoint}.`);
    return { status: 200, body: found as object as Json };
  }

  #search(kinds: Kind[], parameters: ListParameters): MemoryAnswer {
    const queries = kinds.map((kind) => ({ kind, ...readListQuery(parameters, scopeOf(kind)) }));
    const found = [...this.#stored.values()].flatMap((stored) => {
      const query = queries.find(({ kind }) => kind === stored.kind);
      const resource = this.#render(stored);
      const scope = scopeOf(stored.kind);
      if (query === undefined || (query.filter && !matches(query.filter, resource, scope))) return [];
      return [project(resource, query.projection, scope)];
    });
    const page = queries[0]?.page;
    const start = page?.by === "index" ? page.startIndex : 1;
    const resources = found.slice(start - 1, start - 1 + (page?.count ?? 0));
    return { status: 200, body: listOf(resources, found.length, start) };
  }

  #create(kind: Kind, body: Json | undefined): MemoryAnswer {
    const { document, members = [] } = readDocument(kind, body);
    const name = kind === "Users" ? "user" : "group";
    this.#last += 1;
    const stored = { id: `dir${name}_${this.#last}`, kind, document, members: new Set<string>(), version: 1 };
    this.#refuseDouble(stored);
    this.#stored.set(stored.id, stored);
    this.#setMembers(stored, [{ op: "add", values: members }]);
    const resource = this.#show(stored, {});
    return { status: 201, body: resource, location: `${this.#base}/${kind}/${stored.id}` };
  }

  #change(method: string, stored: Stored, body: Json | undefined, parameters: ListParameters): MemoryAnswer {
    switch (method) {
      case "GET":
        return { status: 200, body: this.#show(stored, parameters) };
      case "PUT": {
        const { document, members } = readDocument(stored.kind, body);
        this.#refuseDouble({ ...stored, document });
        stored.document = document;
        if (members !== undefined) this.#setMembers(stored, [{ op: "replace", values: members }]);
        stored.version += 1;
        return { status: 200, body: this.#show(stored, parameters) };
      }
      case "PATCH":
        this.#patch(stored, body);
        return stored.kind === "Groups"
          ? { status: 204, body: undefined }
          : { status: 200, body: this.#show(stored, parameters) };
      case "DELETE":
        this.#stored.delete(stored.id);
        for (const { members } of this.#stored.values()) members.delete(stored.id);
        return { status: 204, body: undefined };
      default:
        throw new ScimError(405, `${method} is not for a resource.`);
    }
  }

  #patch(stored: Stored, body: Json | undefined): void {
    const operations = readPatchRequest(body);
    const isGroup = stored.kind === "Groups";
    const { members, rest } = isGroup ? groupChanges(operations) : { members: [], rest: operations };
    const target = { scope: scopeOf(stored.kind), id: stored.id };
    const { document, changed } = patchDocument(stored.document, rest, target);
    this.#refuseDouble({ ...stored, document });
    stored.document = document;
    if (changed || members.length > 0) stored.version += 1;
    this.#setMembers(stored, members);
  }

  #setMembers(stored: Stored, changes: readonly MemberChange[]): void {
    for (const { op, values } of changes) {
      if (op === "replace" || op === "removeAll") stored.members.clear();
      for (const id of values) {
        if (op === "remove") stored.members.delete(id);
        else if (this.#stored.get(id)?.kind === "Users") stored.members.add(id);
      }
    }
  }

  #refuseDouble({ id, kind, document }: Stored): void {
    const key = kind === "Users" ? "userName" : "displayName";
    const name = String(document[key]).toLowerCase();
    for (const other of this.#stored.values()) {
      if (other.kind !== kind || other.id === id || String(other.document[key]).toLowerCase() !== name)
        continue;
      throw new ScimError(409, `${key} is taken.`, "uniqueness");
    }
  }

  #show(stored: Stored, { attributes, excludedAttributes }: ListParameters): JsonObject {
    const scope = scopeOf(stored.kind);
    const { projection } = readListQuery({ attributes, excludedAttributes }, scope);
    return project(this.#render(stored), projection, scope);
  }

  #render({ id, kind, document, members, version }: Stored): JsonObject {
    const references = kind === "Groups" ? this.#members(members) : this.#groupsOf(id);
    const resourceType = kind === "Users" ? "User" : "Group";
    return {
      ...document,
      id,
      ...(references.length > 0 ? { [kind === "Groups" ? "members" : "groups"]: references } : {}),
      meta: {
        ...{ resourceType, created: CREATED, lastModified: CREATED },
        ...{ location: `${this.#base}/${kind}/${id}`, version: formatEtag(version) },
      },
    };
  }

  #members(members: ReadonlySet<string>): Json[] {
    return [...members].map((value) => ({ value, $ref: `${this.#base}/Users/${value}`, type: "User" }));
  }

  #groupsOf(user: string): Json[] {
    const groups = [...this.#stored.values()].filter(({ members }) => members.has(user));
    return groups.map(({ id, document }) => {
      return {
        value: id,
        display: document.displayName ?? "",
        $ref: `${this.#base}/Groups/${id}`,
        type: "direct",
      };
    });
  }
}

function scopeOf(kind: Kind) {
  return kind === "Users" ? USER_SCOPE : GROUP_SCOPE;
}

function readDocument(kind: Kind, body: Json | undefined) {
  return kind === "Users"
    ? { document: readUserDocument(body), members: undefined }
    : readGroupDocument(body);
}

function listOf(resources: object[], totalResults = resources.length, startIndex = 1): Json {
  return listResponse({ totalResults, resources, startIndex }) as object as Json;
}
