/** The doc comments of the proto files, which the generated code leaves out: read from buf's own image of them. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  type FileDescriptorProto,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";

// Field numbers of descriptor.proto, which the paths of comments are made of.
const inFile = { message: 4, enum: 5, service: 6 };
const inMessage = { field: 2, nested: 3, enum: 4 };
const methodOfService = 2;

/** Comments by full name: of messages, `message.field`, enums, services and `service.method`. */
export function readComments(root: string): Map<string, string> {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-openapi-"));
  try {
    return commentsIn(buildImage(root, join(folder, "contract.binpb")));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function buildImage(root: string, image: string): Uint8Array {
  const buf = join(root, "tools", "node_modules", ".bin", "buf");
  const { status, stderr } = spawnSync(buf, ["build", "--as-file-descriptor-set", "-o", image], {
    cwd: root,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`buf could not read the contract: ${stderr}`);
  return readFileSync(image);
}

function commentsIn(image: Uint8Array): Map<string, string> {
  const { file: files } = fromBinary(FileDescriptorSetSchema, image);
  return new Map(files.flatMap((file) => [...commentsOf(file)]));
}

function commentsOf(file: FileDescriptorProto): Map<string, string> {
  const texts = new Map(
    (file.sourceCodeInfo?.location ?? []).map(({ path, leadingComments }) => [
      path.join("."),
      leadingComments.replace(/\s+/g, " ").trim(),
    ]),
  );
  const named = new Map<string, string>();
  const put = (name: string, path: number[]) => {
    const text = texts.get(path.join("."));
    if (text) named.set(name, text);
  };
  for (const [index, message] of file.messageType.entries())
    putMessage(put, message, `${file.package}.${message.name}`, [inFile.message, index]);
  for (const [index, each] of file.enumType.entries())
    put(`${file.package}.${each.name}`, [inFile.enum, index]);
  for (const [index, service] of file.service.entries()) {
    const name = `${file.package}.${service.name}`;
    put(name, [inFile.service, index]);
    for (const [at, method] of service.method.entries())
      put(`${name}.${method.name}`, [inFile.service, index, methodOfService, at]);
  }
  return named;
}

function putMessage(
  put: (name: string, path: number[]) => void,
  message: DescriptorProto,
  name: string,
  path: number[],
): void {
  put(name, path);
  for (const [index, field] of message.field.entries())
    put(`${name}.${field.name}`, [...path, inMessage.field, index]);
  for (const [index, each] of message.enumType.entries())
    put(`${name}.${each.name}`, [...path, inMessage.enum, index]);
  for (const [index, nested] of message.nestedType.entries())
    putMessage(put, nested, `${name}.${nested.name}`, [...path, inMessage.nested, index]);
}
