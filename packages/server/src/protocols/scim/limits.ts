/** The bounds that the server keeps and that ServiceProviderConfig announces. */

/** Resources in a page when the client names no count (RFC 7644 section 3.4.2.4). */
export const DEFAULT_PAGE_SIZE = 100;
/** Resources in a page at most; a larger count is cut to it. */
export const MAX_PAGE_SIZE = 200;
/** Operations of one bulk request at most. */
export const BULK_MAX_OPERATIONS = 1000;
/** Bytes of one bulk request at most. */
export const BULK_MAX_BYTES = 1_048_576;
