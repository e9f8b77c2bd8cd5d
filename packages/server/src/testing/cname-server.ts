/** A real name server on loopback that answers CNAME questions with what a test puts there. */
import { createSocket } from "node:dgram";

export interface CnameServer {
  /** For GATEHOUSE_DNS. */
  address: string;
  /** What it knows: the target of each name. A name that is missing does not exist. */
  records: Map<string, string>;
  /** While set, every question is answered with this RCODE (RFC 1035 section 4.1.1), such as 2 for SERVFAIL. */
  failure: number | undefined;
  stop(): Promise<void>;
}

const nameError = 3;
/** The type CNAME in the class IN, with a time to live of 0 (RFC 1035 section 3.2). */
const kind = Buffer.from([0, 5, 0, 1, 0, 0, 0, 0]);
/** The record's name is a pointer to the question, which stands behind the header of 12 bytes (RFC 1035 4.1.4). */
const pointerToQuestion = Buffer.from([0xc0, 0x0c]);

export async function startCnameServer(): Promise<CnameServer> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const server: CnameServer = {
    address: `127.0.0.1:${socket.address().port}`,
    records: new Map(),
    failure: undefined,
    stop: () => new Promise<void>((resolve) => socket.close(() => resolve())),
  };
  socket.on("message", (query, from) => socket.send(answer(server, query), from.port, from.address));
  return server;
}

function answer({ records, failure }: CnameServer, query: Buffer): Buffer {
  const { name, end } = readQuestion(query);
  const target = failure === undefined ? records.get(name) : undefined;
  const header = Buffer.from(query.subarray(0, 12));
  header.writeUInt16BE(0x8180 | (failure ?? (target === undefined ? nameError : 0)), 2);
  header.writeUInt16BE(target === undefined ? 0 : 1, 6);
  // What the query has beyond its question (EDNS) is not repeated.
  header.writeUInt32BE(0, 8);
  const record = target === undefined ? [] : [pointerToQuestion, kind, withLength(writeName(target))];
  return Buffer.concat([header, query.subarray(12, end), ...record]);
}

function readQuestion(query: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join(".").toLowerCase(), end: at + 5 };
}

function writeName(name: string): Buffer {
  const labels = name.split(".").map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`));
  return Buffer.concat([...labels, Buffer.alloc(1)]);
}

function withLength(data: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(data.length);
  return Buffer.concat([length, data]);
}
