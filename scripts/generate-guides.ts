/** Writes docs/guides/ from packages/guides: a page for each identity provider, and the list of them. */
import { realpathSync } from "node:fs";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";
import {
  type Attribute,
  type Copy,
  type CopyToGatehouse,
  type CopyToProvider,
  type GatehouseValue,
  type Guide,
  gatehouseValues,
  type Mistake,
  type ProviderGuides,
  providerGuides,
  type Step,
} from "../packages/guides/guides.ts";
import { cell, code, notice, table, writePage } from "./markdown.ts";

/** Every page of docs/guides/, by its name in docs/, as the data are now. */
export function guidePages(): [name: string, text: string][] {
  const pages = providerGuides.map((provider): [string, string] => [
    `guides/${provider.slug}.md`,
    providerPage(provider),
  ]);
  return [["guides/README.md", listPage()], ...pages];
}

function listPage(): string {
  const providers = providerGuides.map(({ slug, title, provider, guides }) => [
    `[${cell(title)}](${slug}.md)`,
    guides.map((guide) => cell(guide.title)).join("<br>"),
    code(provider),
  ]);
  const values = [...gatehouseValues.SAML, ...gatehouseValues.OIDC].map((name) => [
    code(name),
    meanings[name],
  ]);
  return `${notice("generate-guides.ts", "packages/guides/")}

# Set-up guides

For the administrator of an identity provider: what to create there, what to copy where, and what it means when it
does not work. The guides are data (\`packages/guides/guides.ts\`), so that the admin portal can show the same words with
the values of the connection filled in.

${table(["Identity provider", "Guides", "`provider` of the connection"], providers)}

## Values of a connection

The guides name our values as the API does. The page of the connection shows them, ready to copy, and so does
\`GET /api/v1/organizations/{organization_id}/connections/{id}\`.

${table(["Value", "What it is"], values)}

Where a guide says to import metadata, the API has \`POST …/connections/{id}:import_metadata\` with \`{"xml": "…"}\` or
\`{"url": "…"}\`.

## When a sign-in fails

Each guide lists what goes wrong often, with the code that shows it. All codes are in [Errors](../errors.md). The finer
reason behind a code of SAML stands in the log and in the trace of the sign-in.
`;
}

const meanings: Readonly<Record<GatehouseValue, string>> = {
  sp_entity_id: "Our entity id: who asks, and the audience of the answer",
  sp_assertion_url: "Where the identity provider posts its response (assertion consumer service)",
  sp_metadata_url: "Our SAML metadata, certificates included",
  sp_slo_url: "Where messages of single logout go",
  redirect_uri: "Where the provider sends the browser back with a code",
  post_logout_redirect_uri: "Where the provider sends the browser after a sign-out",
  backchannel_logout_redirect_uri: "Where the provider posts logout tokens",
};

function providerPage(provider: ProviderGuides): string {
  const parts = [
    notice("generate-guides.ts", `packages/guides/providers/${provider.slug}.ts`),
    `# ${provider.title}`,
    ...provider.about,
    "[All guides](README.md) · [What the values are](README.md#values-of-a-connection) · [All errors](../errors.md)",
    ...provider.guides.flatMap((guide) => guideParts(guide, provider.title)),
  ];
  return `${parts.join("\n\n")}\n`;
}

function guideParts(guide: Guide, provider: string): string[] {
  return [
    `## ${guide.title}`,
    ...guide.steps.flatMap((step, at) => stepParts(step, at + 1, provider)),
    "### Attributes",
    notedTable(["Profile", "Name that is sent", "At the provider"], guide.attributes, attributeRow),
    "### When it does not work",
    table(["What is wrong", "How it shows", "What to do"], guide.mistakes.map(mistakeRow)),
    ...guide.notes.flatMap(({ title, text }) => [`### ${title}`, ...text]),
  ];
}

function stepParts(step: Step, number: number, provider: string): string[] {
  const given = (step.copy ?? []).filter((copy): copy is CopyToProvider => copy.to === "provider");
  const taken = (step.copy ?? []).filter((copy): copy is CopyToGatehouse => copy.to === "gatehouse");
  const shown = provider.startsWith("Any ") ? "the provider" : provider;
  return [
    `### ${number}. ${step.title}`,
    ...step.text,
    ...(given.length > 0
      ? [notedTable(["From Gatehouse", `To ${shown}`], given, (copy) => [code(copy.value), label(copy)])]
      : []),
    ...(taken.length > 0
      ? [notedTable([`From ${shown}`, "To Gatehouse"], taken, (copy) => [label(copy), code(copy.field)])]
      : []),
    ...(step.code ? [`\`\`\`${step.code.language}\n${step.code.text}\n\`\`\``] : []),
  ];
}

/** A table with a column of notes, where there are any. */
function notedTable<T extends { note?: string }>(
  head: string[],
  items: readonly T[],
  row: (item: T) => string[],
): string {
  if (items.every(({ note }) => note === undefined)) return table(head, items.map(row));
  const rows = items.map((item) => [...row(item), cell(item.note ?? "")]);
  return table([...head, "Note"], rows);
}

function label(copy: Copy): string {
  return `**${cell(copy.label)}**`;
}

function attributeRow({ ours, name, source }: Attribute): string[] {
  return [profileNames[ours], code(name), cell(source)];
}

const profileNames: Readonly<Record<Attribute["ours"], string>> = {
  email: "E-mail address (required)",
  givenName: "Given name",
  familyName: "Family name",
  groups: "Groups",
};

function mistakeRow({ mistake, shows, fix }: Mistake): string[] {
  return [cell(mistake), shownAs(shows), cell(fix)];
}

function shownAs(shows: Mistake["shows"]): string {
  if ("provider" in shows) return cell(shows.provider);
  return shows.reason === undefined ? code(shows.code) : `${code(shows.code)} (${code(shows.reason)})`;
}

if (argv[1] && realpathSync(argv[1]) === fileURLToPath(import.meta.url)) {
  for (const [name, text] of guidePages()) writePage(name, text);
}
