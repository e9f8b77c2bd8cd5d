/** Writes the values that certificates are made of (X.690 DER, as RFC 5280 uses it). */

/** The field is [0] EXPLICIT INTEGER, and 2 stands for version 3 (RFC 5280 4.1.2.1). */
export const version3 = Buffer.from("a003020102", "hex");

export const nullValue = tlv(0x05);

/** One value: its tag byte, its length, and its content. */
export function tlv(tag: number, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.from([tag]), derLength(body.length), body]);
}

export function sequence(...parts: Buffer[]): Buffer {
  return tlv(0x30, ...parts);
}

export function set(...parts: Buffer[]): Buffer {
  return tlv(0x31, ...parts);
}

/** @param hex the encoded arcs, `550403` for 2.5.4.3 */
export function objectId(hex: string): Buffer {
  return tlv(0x06, Buffer.from(hex, "hex"));
}

export function utf8String(text: string): Buffer {
  return tlv(0x0c, Buffer.from(text));
}

export function octetString(content: Buffer): Buffer {
  return tlv(0x04, content);
}

/** @param unusedBits how many of the last bits do not count */
export function bitString(content: Buffer, unusedBits = 0): Buffer {
  return tlv(0x03, Buffer.from([unusedBits]), content);
}

/** A clear top bit and a set second one keep the number positive and its encoding minimal (RFC 5280 4.1.2.2). */
export function positiveInteger(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy[0] = ((copy[0] ?? 0) & 0x3f) | 0x40;
  return tlv(0x02, copy);
}

/** UTCTime through 2049, GeneralizedTime from 2050 on (RFC 5280 4.1.2.5). */
export function time(date: Date): Buffer {
  const text = `${date.toISOString().slice(0, 19).replace(/[-:T]/g, "")}Z`;
  return date.getUTCFullYear() < 2050 ? tlv(0x17, Buffer.from(text.slice(2))) : tlv(0x18, Buffer.from(text));
}

function derLength(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const hex = length.toString(16);
  const bytes = Buffer.from(hex.length % 2 ? `0${hex}` : hex, "hex");
  return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes]);
}
