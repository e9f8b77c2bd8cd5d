/** The product's mark: two towers, and between them a gate in the shape of a keyhole. `favicon.svg` is its copy. */

const OUTLINE =
  "M3 4h3v3h3V4h3v6h2.5V7.5h3V10H20V4h3v3h3V4h3v24H3ZM16 13.4a3.8 3.8 0 0 0-2 7.03L12.6 28h6.8L18 20.43a3.8 3.8 0 0 0-2-7.03Z";

/**
 * Draws the mark in the colour of the text around it; decoration, so screen readers pass over it.
 * @param size width and height in CSS pixels
 */
export function Mark({ size }: { size: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" fill="currentColor" aria-hidden="true">
      <path fillRule="evenodd" d={OUTLINE} />
    </svg>
  );
}
