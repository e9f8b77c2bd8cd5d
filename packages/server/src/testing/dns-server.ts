/** A real name server on loopback that answers with what a test puts there, and notes what was asked. */
import { createSocket } from "node:dgram";

export interface DnsServer {
  /** For GATEHOUSE_DNS. */
  address: string;
  /** The TXT records of each name. */
  txt: Map<string, string[]>;
  /** What each name stands for (CNAME). A name that is in neither map does not exist. */
  cname: Map<string, string>;
  /** The names that were asked for, in order. */
  asked: string[];
  /** While set, every question is answered with this RCODE (RFC 1035 section 4.1.1), such as 2 for SERVFAIL. */
  failure: number | undefined;
  stop(): Promise<void>;
}

const nameError = 3;
/** The types of questions and records (RFC 1035 section 3.2.2). */
const type = { cname: 5, txt: 16 };
/** A name is written as a pointer to the question, which stands behind the header of 12 bytes (RFC 1035 4.1.4). */
const pointerToQuestion = 0xc00c;

export async function startDnsServer(): Promise<DnsServer> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const server: DnsServer = {
    address: `127.0.0.1:${socket.address().port}`,
    txt: new Map(),
    cname: new Map(),
    asked: [],
    failure: undefined,
    stop: () => new Promise<void>((resolve) => socket.close(() => resolve())),
  };
  socket.on("message", (query, from) => socket.send(answer(server, query), from.port, from.address));
  return server;
}

function answer(server: DnsServer, query: Buffer): Buffer {
  const question = readQuestion(query);
  server.asked.push(question.name);
  const records = server.failure === undefined ? recordsOf(server, question) : [];
  const header = Buffer.from(query.subarray(0, 12));
  header.writeUInt16BE(0x8180 | (server.failure ?? (records ? 0 : nameError)), 2);
  header.writeUInt16BE(records?.length ?? 0, 6);
  // What the query has beyond its question (EDNS) is not repeated.
  header.writeUInt32BE(0, 8);
  const data = (records ?? []).map((record) => withHead(question.type, record));
  return Buffer.concat([header, query.subarray(12, question.end), ...data]);
}

/** Undefined when there is no such name. */
function recordsOf(
  { txt, cname }: DnsServer,
  question: { name: string; type: number },
): Buffer[] | undefined {
  const texts = txt.get(question.name);
  const target = cname.get(question.name);
  if (texts === undefined && target === undefined) return undefined;
  if (question.type === type.txt) return (texts ?? []).map(txtData);
  return question.type === type.cname && target !== undefined ? [nameData(target)] : [];
}

function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join(".").toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

/** Long texts are cut into strings of 255 bytes, the most that one can hold (RFC 1035 section 3.3.14). */
function txtData(text: string): Buffer {
  const bytes = Buffer.from(text);
  const strings: Buffer[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += 255) {
    const part = bytes.subarray(at, at + 255);
    strings.push(Buffer.of(part.length), part);
  }
  return Buffer.concat(strings);
}

function nameData(name: string): Buffer {
  const labels = name.split(".").map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`));
  return Buffer.concat([...labels, Buffer.alloc(1)]);
}

/** A record about the name that was asked for, in the class IN, with a time to live of 0. */
function withHead(kind: number, data: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(pointerToQuestion, 0);
  head.writeUInt16BE(kind, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}
