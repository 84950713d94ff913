/** The files of one PgBouncer. https://www.pgbouncer.org/config.html */
import type { KeeperConfig } from "./KeeperConfig.ts"

export interface Files {
  readonly users: string
  readonly serverAuthority: string
  readonly clientAuthority: string
  readonly certificate: string
  readonly key: string
}

/** Users are looked up in the server at each log-in, so that a test may create them at any time. */
export const configuration = ({ poolSize, server, tls }: KeeperConfig, port: number, files: Files): string =>
  [
    "[databases]",
    `${server.database} = host=${server.host} port=${server.port} auth_user=${server.user}`,
    "[pgbouncer]",
    "listen_addr = 127.0.0.1",
    `listen_port = ${port}`,
    "unix_socket_dir =",
    "pool_mode = transaction",
    `default_pool_size = ${poolSize}`,
    "max_client_conn = 500",
    "auth_type = scram-sha-256",
    `auth_file = ${files.users}`,
    "auth_query = SELECT rolname, rolpassword FROM pg_authid WHERE rolname = $1 AND rolcanlogin",
    ...(server.ca === undefined
      ? ["server_tls_sslmode = disable"]
      : ["server_tls_sslmode = verify-full", `server_tls_ca_file = ${files.serverAuthority}`]),
    ...(tls === undefined
      ? ["client_tls_sslmode = disable"]
      : [
          ...(tls.clientAuthority === undefined
            ? ["client_tls_sslmode = require"]
            : ["client_tls_sslmode = verify-ca", `client_tls_ca_file = ${files.clientAuthority}`]),
          `client_tls_cert_file = ${files.certificate}`,
          `client_tls_key_file = ${files.key}`,
        ]),
    "",
  ].join("\n")

export const users = ({ server }: KeeperConfig): string => `${quoted(server.user)} ${quoted(server.password)}\n`

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`
