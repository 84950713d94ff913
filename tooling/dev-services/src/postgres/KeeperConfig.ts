/** What the keeper is told. It comes down the pipe from the same version of this package, so it is not decoded again. */
export interface KeeperConfig {
  readonly user: string
  readonly password: string
  /** Undefined: a temporary folder, removed at the end. */
  readonly dataDir: string | undefined
  /** Undefined: any that is free. */
  readonly port: number | undefined
  /** Undefined: the server speaks plaintext only. */
  readonly tls: { readonly cert: string; readonly key: string; readonly authority: string } | undefined
  readonly plaintext: boolean
  readonly clientCertificate: "verify-ca" | "verify-full" | undefined
  readonly settings: Readonly<Record<string, string>>
}
