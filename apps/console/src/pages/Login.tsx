/** The token, asked for once; after that a session. */
import { useId, useState } from "preact/hooks"
import { post } from "../api/client.ts"
import { Frame } from "../form/Field.tsx"
import { Button, Trouble } from "../ui/parts.tsx"
import { useAction } from "../ui/useAction.ts"

export const Login = ({ onDone }: { readonly onDone: () => void }) => {
  const [token, setToken] = useState("")
  const { act, busy, problem } = useAction()
  const id = useId()
  return (
    <main class="login">
      <form
        class="card stack"
        onSubmit={(event) => {
          event.preventDefault()
          void act(async () => {
            await post("/api/session", { token })
            onDone()
          })
        }}
      >
        <h1>batch-exports</h1>
        <Frame id={id} label="Token" help="What BATCH_EXPORTS_TOKEN, or token under runner, says." wrong={undefined}>
          <input
            id={id}
            type="password"
            autocomplete="current-password"
            value={token}
            required
            onInput={(event) => setToken(event.currentTarget.value)}
          />
        </Frame>
        <Trouble of={problem} />
        <Button type="submit" kind="primary" disabled={busy}>
          Log in
        </Button>
      </form>
    </main>
  )
}
