/** What can go wrong in SCIM: one class that carries the status, the scimType and the sentence of RFC 7644 section 3.12. */

export const ERROR_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:Error";

/** RFC 7644 table 9, and the last three of RFC 9865 section 2. */
export type ScimType =
  | "invalidFilter"
  | "tooMany"
  | "uniqueness"
  | "mutability"
  | "invalidSyntax"
  | "invalidPath"
  | "noTarget"
  | "invalidValue"
  | "invalidVers"
  | "sensitive"
  | "invalidCursor"
  | "expiredCursor"
  | "invalidCount";

/** The body of an error answer. The status is text, which Okta checks. */
export type ScimErrorBody = {
  schemas: [typeof ERROR_SCHEMA];
  status: string;
  scimType?: ScimType;
  detail: string;
};

/** A refusal in SCIM's own form. `detail` says what was seen and what was expected. */
export class ScimError extends Error {
  override readonly name = "ScimError";
  readonly status: number;
  readonly scimType: ScimType | undefined;
  readonly detail: string;

  constructor(status: number, detail: string, scimType?: ScimType) {
    super(detail);
    this.status = status;
    this.detail = detail;
    this.scimType = scimType;
  }

  /**
   * Writes the answer's body (RFC 7644 section 3.12).
   *
   * @returns a value to serialize as `application/scim+json`
   */
  toBody(): ScimErrorBody {
    const type = this.scimType === undefined ? {} : { scimType: this.scimType };
    return { schemas: [ERROR_SCHEMA], status: String(this.status), ...type, detail: this.detail };
  }
}

/**
 * A refusal with status 400, which most scimTypes have.
 *
 * @param scimType - the word of RFC 7644 table 9
 * @param detail - what was seen and what was expected
 */
export function badRequest(scimType: ScimType, detail: string): ScimError {
  return new ScimError(400, detail, scimType);
}

const QUOTE_LIMIT = 80;

/**
 * Quotes text from outside for a message, shortened.
 *
 * @param text - any length
 * @returns at most 82 characters with the quotes
 */
export function quote(text: string): string {
  return JSON.stringify(text.length > QUOTE_LIMIT ? `${text.slice(0, QUOTE_LIMIT - 1)}…` : text);
}
