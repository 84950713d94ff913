/** What the keeper is told. It comes down the pipe from the same version of this package, so it is not decoded again. */
export interface KeeperConfig {
  readonly server: {
    readonly host: string
    readonly port: number
    readonly user: string
    readonly password: string
    /** The one that the pooler offers. */
    readonly database: string
    /** Undefined: the server speaks plaintext. */
    readonly ca: string | undefined
  }
  /** Undefined: clients speak plaintext. */
  readonly tls:
    | { readonly cert: string; readonly key: string; readonly clientAuthority: string | undefined }
    | undefined
  readonly poolSize: number
}
