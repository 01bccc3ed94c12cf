/** The log-in: a token is pasted, shown for what it says, and asked about before it is taken. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { type ApiError, tryToken } from "./api.ts";
import { ClaimsList } from "./session.tsx";
import { claimsOf, farewell, logIn } from "./token.ts";

const MINT = `npm run -s token -- --queues '*' --scope read,push,manage --ttl 8h`;

export function LogIn(): ComponentChildren {
  const text = useSignal("");
  const failure = useSignal<string | null>(null);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    failure.value = await refusalOf(text.value);
    if (failure.value !== null) field.current?.focus();
  };
  return (
    <div class="login stack">
      <h1>Log in</h1>
      {farewell.value !== null && (
        <p class="warning" role="alert">
          {farewell.value}
        </p>
      )}
      <form class="card stack" onSubmit={submit}>
        <div class="field">
          <label for="token">Token</label>
          <input
            id="token"
            ref={field}
            type="password"
            autoComplete="off"
            spellcheck={false}
            required
            aria-describedby="token-hint token-error"
            aria-invalid={failure.value !== null}
            value={text.value}
            onInput={({ currentTarget }) => {
              text.value = currentTarget.value;
              failure.value = null;
            }}
          />
          <p class="hint" id="token-hint">
            Kept in this tab until you close it or log out, and sent to this server alone.
          </p>
          <p id="token-error" class={failure.value === null ? "" : "error"} role="alert">
            {failure.value}
          </p>
        </div>
        <Preview text={text.value} />
        <p>
          <button type="submit" class="primary">
            Log in
          </button>
        </p>
      </form>
      <section class="stack" aria-labelledby="mint">
        <h2 id="mint">No token yet?</h2>
        <p>
          Whoever has the server's secret mints one. Without <code>manage</code> or <code>push</code> the board is
          read-only.
        </p>
        <pre class="code">{MINT}</pre>
      </section>
    </div>
  );
}

/** What the token says of itself, before it is used. */
function Preview({ text }: { readonly text: string }): ComponentChildren {
  const claims = claimsOf(text.trim());
  return claims === null ? null : <ClaimsList claims={claims} />;
}

/** Takes the token, or says why not. */
async function refusalOf(text: string): Promise<string | null> {
  const refused = await tryToken(text.trim().replace(/^Bearer\s+/i, "")).catch((error: ApiError) => error.message);
  return refused ?? logIn(text);
}
