/** Where a server is, for people: `db.example.com:5432`, `[::1]:5432`, `/var/run/postgresql (port 5432)`. */
export const address = ({ host, port }: { readonly host: string; readonly port: number }): string => {
  if (host.startsWith("/")) return `${host} (port ${port})`
  return `${host.includes(":") ? `[${host}]` : host}:${port}`
}
