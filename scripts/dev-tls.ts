/**
 * `npm run dev:tls`: what `npm start` does, over HTTPS with a certificate that is made here. The server runs in a
 * process of its own, since Node reads NODE_EXTRA_CA_CERTS at its start only, and the server calls itself: as the
 * simulated identity provider.
 */
import { spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { ensureLocalCertificate } from "./local-certificate.ts";

const env = process.env;
const folder = resolve(env.GATEHOUSE_DATA?.trim() || "./data", "tls");
const { authority, certificate, key } = ensureLocalCertificate(folder, new Date());

console.log(`
  HTTPS with a certificate of a local authority. To trust it, set before the program starts:

    Node             NODE_EXTRA_CA_CERTS=${authority}
    Go, Ruby, curl   SSL_CERT_FILE=${authority}
    Python           SSL_CERT_FILE, and for requests and gRPC also REQUESTS_CA_BUNDLE and
                     GRPC_DEFAULT_SSL_ROOTS_FILE_PATH, to the same file
    Java             keytool -importcert -alias gatehouse -noprompt -storepass changeit
                     -keystore trust.p12 -file ${authority}
                     and then -Djavax.net.ssl.trustStore=trust.p12
    Browsers         import the file as an authority, or accept the warning
`);

const server = spawn(process.execPath, [join(import.meta.dirname, "start.ts")], {
  stdio: "inherit",
  env: {
    ...env,
    GATEHOUSE_URL: env.GATEHOUSE_URL || `https://localhost:${env.PORT?.trim() || "8080"}`,
    GATEHOUSE_TLS_CERT: certificate,
    GATEHOUSE_TLS_KEY: key,
    NODE_EXTRA_CA_CERTS: authority,
  },
});
// A Ctrl-C in the terminal reaches the server by itself; a signal to this process alone is passed on.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => server.kill("SIGTERM"));
server.on("exit", (code, signal) => process.exit(code ?? (signal === null ? 0 : 1)));
