// SPDX-License-Identifier: MIT
import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { ACCOUNT, ACCOUNTS, DOCUMENT } from "../answers.ts";
import { nullable } from "../decode.ts";
import { money, short } from "../format.ts";
import { useRequest, useSubscription } from "../hooks.ts";
import { AccountLink, Facts, Finder, Hex, Problem, Shown, Table } from "../parts.tsx";
import { readIndex, readOwner } from "../route.ts";

/** Method that finds accounts by key or owner; not all nodes have it. */
const BY_OWNER = "rollup_accounts";

/** Characters of an L1 address. */
const ADDRESS = 42;

export function AccountView({
  index,
  owner,
}: {
  readonly index: number | undefined;
  readonly owner: string | undefined;
}): JSX.Element {
  const document = useRequest("rpc.discover", [], DOCUMENT);
  const canFind = document.value?.methods.some(({ name }) => name === BY_OWNER) === true;
  return (
    <>
      <h1 tabIndex={-1}>{index === undefined ? "Accounts" : `Account ${index}`}</h1>
      <Finder
        label="Find an account by number"
        hint="1, 2, 3, …"
        read={(text) => (readIndex(text.trim(), 1) === undefined ? undefined : `#/account/${text.trim()}`)}
      />
      {canFind && (
        <Finder
          label="Find accounts by key or owner"
          hint="An L1 address (20 bytes), or a key (x and y, 64 bytes), in hexadecimal."
          read={(text) => (readOwner(text) === undefined ? undefined : `#/account/${readOwner(text)!}`)}
        />
      )}
      {index !== undefined && <ByNumber index={index} />}
      {owner !== undefined && <ByOwner key={owner} owner={owner} />}
    </>
  );
}

function ByNumber({ index }: { readonly index: number }): JSX.Element {
  const answer = useSubscription("rollup_account", [index], nullable(ACCOUNT));
  return (
    <Shown of={answer}>
      {(value) =>
        value === null ? (
          <Problem>There is no account {index}.</Problem>
        ) : (
          <>
            <Facts
              of={[
                ["Balance", money(value.balance, value.token)],
                ["Token", value.token === 0n ? "ETH" : String(value.token)],
                ["Next nonce", String(value.nonce)],
                ["Owner on L1", <code class="bytes">{value.owner}</code>],
                ["Key, x", <Hex of={value.x} />],
                ["Key, y", <Hex of={value.y} />],
              ]}
            />
            <p class="quiet">After all batches that are posted, those without a proof included.</p>
          </>
        )
      }
    </Shown>
  );
}

function ByOwner({ owner }: { readonly owner: string }): JSX.Element {
  const [after, setAfter] = useState(0);
  const answer = useRequest(BY_OWNER, owner.length === ADDRESS ? [null, owner, after] : [owner, null, after], ACCOUNTS);
  return (
    <Shown of={answer}>
      {({ accounts, after: next }) => (
        <>
          <Table
            caption={`Accounts of ${short(owner)}`}
            head={["Account", "Balance", "Next nonce"]}
            empty={after === 0 ? "There is none." : "There are no more."}
            rows={accounts.map(({ index, balance, token, nonce }) => ({
              key: index,
              cells: [<AccountLink index={index} />, money(balance, token), String(nonce)],
            }))}
          />
          {next !== undefined && (
            <button type="button" onClick={() => setAfter(next)}>
              More
            </button>
          )}
        </>
      )}
    </Shown>
  );
}
