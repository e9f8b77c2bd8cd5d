/**
 * Small pages that the server writes by itself, without script or inline style: errors, and the form that carries a
 * browser's POST to another site. Text reaches a page only through `html`, which escapes it.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { AppError, Status } from "../errors.ts";
import type { HttpReply } from "./http.ts";

/** Markup that is safe to print. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Writes text so that it is text in an element and in a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A template whose parts are escaped, unless they are `Html` (or lists of it) themselves. */
export function html(strings: TemplateStringsArray, ...parts: (string | number | Html | Html[])[]): Html {
  const rendered = parts.map((part) => {
    if (part instanceof Html) return part.text;
    if (Array.isArray(part)) return part.map((item) => item.text).join("");
    return escapeHtml(String(part));
  });
  return new Html(String.raw({ raw: strings }, ...rendered));
}

const stylesheet = asset("pages.css", "text/css; charset=utf-8");
const submitScript = asset("submit.js", "text/javascript; charset=utf-8");

/** The files that pages link to, by path: `/a/assets/pages.css` and `/a/assets/submit.js`. */
export const pageAssets: readonly { path: string; reply: HttpReply }[] = [stylesheet, submitScript];

function asset(name: string, type: string): { path: string; href: string; reply: HttpReply } {
  const body = readFileSync(new URL(name, import.meta.url));
  // The hash in the link is what lets browsers keep the file for good.
  const version = createHash("sha256").update(body).digest("base64url").slice(0, 12);
  return {
    path: `/a/assets/${name}`,
    href: `/a/assets/${name}?v=${version}`,
    reply: {
      status: 200,
      headers: { "content-type": type, "cache-control": "public, max-age=31536000, immutable" },
      body,
    },
  };
}

export interface PageOptions {
  title: string;
  body: Html;
  status?: number;
  /** Sources that forms of the page may post to (CSP `form-action`), such as an origin; default none. */
  formAction?: string;
  /** Loads our script that submits the page's first form. */
  submits?: boolean;
  /** For pages that are read rather than answered. */
  wide?: boolean;
  /** The one origin that may frame the page; default none. */
  framedBy?: string;
  headers?: Record<string, string | string[]>;
}

// The drawings of packages/ui (mark.tsx, shell.tsx): in the markup, since the policy admits no image.
const mark = html`<svg width="30" height="30" viewBox="0 0 32 32" fill="currentColor" aria-hidden="true"><path fill-rule="evenodd" d="M3 4h3v3h3V4h3v6h2.5V7.5h3V10H20V4h3v3h3V4h3v24H3ZM16 13.4a3.8 3.8 0 0 0-2 7.03L12.6 28h6.8L18 20.43a3.8 3.8 0 0 0-2-7.03Z"/></svg>`;
const arcs = [290, 365, 455, 560, 680].map(
  (radius) => html`<path d="M${-radius} 4000V170A${radius} ${radius} 0 0 1 ${radius} 170V4000"/>`,
);
const gateway = html`<svg class="gateway" width="1" height="1" aria-hidden="true">${arcs}</svg>`;

/** A whole page in our frame, which nobody may frame (but for `framedBy`), cache or run a script in. */
export function page(options: PageOptions): HttpReply {
  return { ...replyOf(options), body: headOf(options).text + options.body.text + foot.text };
}

/** The same page, whose body is shown part by part as it comes. */
export function pageInParts(options: Omit<PageOptions, "body">, body: AsyncIterable<Html>): HttpReply {
  async function* parts() {
    yield headOf(options).text;
    for await (const part of body) yield part.text;
    yield foot.text;
  }
  return { ...replyOf(options), body: parts() };
}

function headOf(options: Omit<PageOptions, "body">): Html {
  const script = options.submits ? html`<script src="${submitScript.href}" defer></script>` : html``;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${options.title} · Gatehouse</title>
<link rel="stylesheet" href="${stylesheet.href}">${script}
</head>
<body>
${gateway}
<main${options.wide ? html` class="wide"` : html``}>
<div class="product">${mark}<span>Gatehouse</span></div>
`;
}

const foot = html`
</main>
<footer>Gatehouse · open-source authentication</footer>
</body>
</html>
`;

function replyOf(options: Omit<PageOptions, "body">): HttpReply {
  return {
    status: options.status ?? 200,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "content-security-policy": policy(options),
      ...(options.framedBy === undefined && { "x-frame-options": "DENY" }),
      ...options.headers,
    },
  };
}

function policy({ formAction, submits, framedBy }: Omit<PageOptions, "body">): string {
  return [
    "default-src 'none'",
    "style-src 'self'",
    ...(submits ? ["script-src 'self'"] : []),
    `form-action ${formAction ?? "'none'"}`,
    "base-uri 'none'",
    `frame-ancestors ${framedBy ?? "'none'"}`,
  ].join("; ");
}

/** What the reader can do about an error, by its status; the others are for the application's developer. */
const advice: Readonly<Partial<Record<Status, string>>> = {
  UNAUTHENTICATED: "Go back to the application and sign in again.",
  PERMISSION_DENIED: "Ask an administrator of your organization for access.",
  NOT_FOUND: "Check the address, or go back to the application and start again.",
  RESOURCE_EXHAUSTED: "Wait a minute, then try again.",
  UNAVAILABLE: "Wait a minute, then try again.",
  DEADLINE_EXCEEDED: "Wait a minute, then try again.",
  INTERNAL: "Try again. If it happens again, send the reference below to support.",
};
const defaultAdvice =
  "Go back to the application and start again. If it happens again, send the code and the reference below to its support.";

const titles: Readonly<Partial<Record<Status, string>>> = {
  UNAUTHENTICATED: "You are not signed in",
  PERMISSION_DENIED: "You have no access",
  NOT_FOUND: "There is nothing here",
  RESOURCE_EXHAUSTED: "Too many attempts",
  UNAVAILABLE: "Not available right now",
  DEADLINE_EXCEEDED: "This took too long",
  INTERNAL: "Something went wrong",
};

/** The page of an error: what happened, what to do, the stable code, and the request's id as the reference. */
export function errorPage(error: AppError, requestId: string, status: number): HttpReply {
  const title = titles[error.status] ?? "This did not work";
  return page({
    title,
    status,
    headers: { ...error.headers },
    body: html`<h1>${title}</h1>
<p class="what">${error.message}</p>
<p>${advice[error.status] ?? defaultAdvice}</p>
<dl>
<div><dt>Code</dt><dd><code>${error.code}</code></dd></div>
<div><dt>Reference</dt><dd><code>${error.help?.reference ?? requestId}</code></dd></div>
</dl>
${error.help ? html`<p class="more"><a href="${error.help.url}">See what happened, step by step</a></p>` : html``}`,
  });
}

export interface SubmitPageOptions {
  title: string;
  /** What the reader sees if the form does not go off by itself. */
  message: string;
  /** An absolute http or https URL. */
  action: string;
  fields: Readonly<Record<string, string>>;
  /** The site that the form goes to may frame the page: it gets no more than it is sent anyway. */
  framedByTarget?: boolean;
  headers?: Record<string, string | string[]>;
}

/**
 * A page whose form posts itself to another site (SAML HTTP-POST binding, OAuth form_post), with a button for
 * browsers without JavaScript.
 * @throws TypeError when `action` is not an http or https URL
 */
export function submitPage(options: SubmitPageOptions): HttpReply {
  const target = new URL(options.action);
  if (!/^https?:$/.test(target.protocol))
    throw new TypeError(`A form cannot post to a ${target.protocol} URL`);
  const inputs = Object.entries(options.fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">\n`,
  );
  return page({
    title: options.title,
    // Browsers apply form-action to the redirects after the post too, and those lead to hosts we cannot know.
    // From https none of them is http, but for the app that a developer runs on this machine.
    formAction:
      target.protocol === "https:" ? "https: http://localhost:* http://127.0.0.1:*" : "http: https:",
    submits: true,
    ...(options.framedByTarget && { framedBy: target.origin }),
    ...(options.headers && { headers: options.headers }),
    body: html`<h1>${options.title}</h1>
<p>${options.message}</p>
<form method="post" action="${target.href}">
${inputs}<button type="submit">Continue</button>
</form>`,
  });
}
