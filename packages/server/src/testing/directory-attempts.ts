/** How the methods of directories are called with ids of somebody else. */
import type { Attempt } from "./attempts.ts";

const directories = "/organizations/{org}/directories";
const directory = `${directories}/{directory}`;

export const directoryAttempts: Record<string, Attempt> = {
  "DirectoryService/CreateDirectory": {
    request: `POST ${directories}`,
    body: { directory_type: "SCIM", directory_provider: "OKTA" },
  },
  "DirectoryService/DeleteDirectory": { request: `DELETE ${directory}` },
  "DirectoryService/UpdateDirectory": { request: `PATCH ${directory}`, body: { name: "taken over" } },
  "DirectoryService/GetDirectory": { request: `GET ${directory}` },
  "DirectoryService/ListDirectories": { request: `GET ${directories}` },
  "DirectoryService/EnableDirectory": { request: `PATCH ${directory}:enable` },
  "DirectoryService/DisableDirectory": { request: `PATCH ${directory}:disable` },
  "DirectoryService/ListDirectoryUsers": { request: `GET ${directory}/users` },
  "DirectoryService/ListDirectoryGroups": { request: `GET ${directory}/groups` },
  "DirectoryService/ListDirectoryGroupsSummary": { request: `GET ${directory}/groups/summary` },
  "DirectoryService/AssignRoles": {
    request: `PUT ${directory}/groups/-/roles:assign`,
    body: { assignments: [] },
  },
  "DirectoryService/UpdateAttributes": { request: `PUT ${directory}/attributes`, body: { attributes: [] } },
  "DirectoryService/CreateDirectorySecret": { request: `POST ${directory}/secrets` },
  "DirectoryService/RegenerateDirectorySecret": { request: `POST ${directory}/secrets:regenerate` },
  "DirectoryService/GetDirectoryContext": { request: `GET ${directory}/contexts` },
  "DirectoryService/UpdateDirectoryContext": { request: `PUT ${directory}/contexts`, body: { note: "x" } },
  "gatehouse.DirectoryService/PreviewDirectory": { request: `GET ${directory}:preview` },
  "gatehouse.DirectoryService/RestoreDirectoryChanges": {
    request: `POST ${directory}:restore`,
    body: { start_time: "2020-01-01T00:00:00Z" },
  },
  "gatehouse.DirectoryService/ListDirectoryChanges": { request: `GET ${directory}/changes` },
  "gatehouse.DirectoryService/RevokeDirectorySecret": {
    request: `DELETE ${directory}/secrets/sec_100000000000000001`,
  },
};
