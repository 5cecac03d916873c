// SPDX-License-Identifier: MIT
import type { JSX } from "preact";
import { useEffect, useErrorBoundary, useRef, useState } from "preact/hooks";

import type { Rules } from "./answers.ts";
import type { NodeClient } from "./client.ts";
import {
  ClientContext,
  SurroundingsContext,
  useConnection,
  useFrozen,
  useKind,
  useL1,
  useRoute,
  useSurroundings,
} from "./hooks.ts";
import { Finder, Problem } from "./parts.tsx";
import { readSearch, type Route } from "./route.ts";
import { AccountView } from "./views/account.tsx";
import { Batches, BatchView } from "./views/batches.tsx";
import { FeesView } from "./views/fees.tsx";
import { Overview } from "./views/overview.tsx";
import { Queue } from "./views/queue.tsx";
import { Peers } from "./views/peers.tsx";
import { Provers } from "./views/provers.tsx";
import { Race } from "./views/race.tsx";
import { Rounds, RoundView } from "./views/rounds.tsx";
import { PlaceView, TransactionView } from "./views/transaction.tsx";

type Kind = Rules["kind"];

/** Views with their names, and the consensus that they are of; those without one are of both. */
const VIEWS: readonly (readonly [name: string, href: string, view: Route["view"], kind?: Kind])[] = [
  ["Overview", "#/", "overview"],
  ["Batches", "#/batches", "batches"],
  ["Transaction", "#/transaction", "transaction"],
  ["Account", "#/account", "account"],
  ["Forced queue", "#/queue", "queue"],
  ["Race", "#/race", "race", "Proof of Efficiency"],
  ["Fees", "#/fees", "fees", "Proof of Efficiency"],
  ["Rounds", "#/rounds", "rounds", "B52"],
  ["Provers", "#/provers", "provers", "B52"],
  ["Peers", "#/peers", "peers", "B52"],
];

/** Milliseconds between two sentences for a screen reader, so that a quick chain does not talk all the time. */
const QUIET = 5_000;

export function App({ client }: { readonly client: NodeClient }): JSX.Element {
  return (
    <ClientContext.Provider value={client}>
      <Page />
    </ClientContext.Provider>
  );
}

function Page(): JSX.Element {
  const { error, ...surroundings } = useL1();
  const route = useRoute();
  const main = useRef<HTMLElement>(null);
  const kind = surroundings.rules?.kind;
  const key = JSON.stringify(route);
  const isFirst = useRef(true);
  useEffect(() => {
    document.title = `${titleOf(route, kind)} – Rollup explorer`;
  }, [key, kind]);
  useEffect(() => {
    // A link leads a screen reader to the new view.
    if (!isFirst.current) main.current?.querySelector("h1")?.focus();
    isFirst.current = false;
  }, [key]);
  return (
    <SurroundingsContext.Provider value={surroundings}>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to content
      </a>
      <header>
        <p class="name">
          <a href="#/">Rollup explorer</a>
        </p>
        <nav aria-label="Views">
          <ul>
            {VIEWS.filter(([, , , of]) => of === undefined || of === kind).map(([name, href, view]) => (
              <li key={view}>
                <a href={href} aria-current={viewOf(route) === view ? "page" : undefined}>
                  {nameOf(name, kind)}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <Finder
          label="Go to"
          hint={`A ${kind === "B52" ? "block" : "batch"}'s number, ${kind === "B52" ? "block" : "batch"}/leaf/slot, or the 93 bytes of a transaction.`}
          read={readSearch}
        />
      </header>
      <ConnectionBar />
      <Frozen />
      <main id="main" ref={main} tabIndex={-1}>
        {error !== undefined && <Problem>{error}</Problem>}
        <Guarded key={key}>
          <View route={route} />
        </Guarded>
      </main>
      <News />
      <footer>
        <p>
          This node's own view of L1. Times are by L1's clock. <a href="../openrpc.json">API</a>
        </p>
      </footer>
    </SurroundingsContext.Provider>
  );
}

/** The views that are parts of another one. */
const PARENTS: Partial<Record<Route["view"], Route["view"]>> = {
  batch: "batches",
  place: "transaction",
  round: "rounds",
};

const viewOf = ({ view }: Route): Route["view"] => PARENTS[view] ?? view;

const nameOf = (name: string, kind: Kind | undefined): string =>
  name === "Batches" && kind === "B52" ? "Blocks" : name;

function titleOf(route: Route, kind: Kind | undefined): string {
  if (route.view === "batch") return `${kind === "B52" ? "Block" : "Batch"} ${route.batch}`;
  if (route.view === "round") return `Round ${route.round}`;
  if (route.view === "account" && route.index !== undefined) return `Account ${route.index}`;
  return nameOf(VIEWS.find(([, , view]) => view === viewOf(route))?.[0] ?? "Not found", kind);
}

function View({ route }: { readonly route: Route }): JSX.Element {
  const kind = useKind();
  const [name, , , of] = VIEWS.find(([, , view]) => view === viewOf(route)) ?? [];
  if (kind !== undefined && of !== undefined && of !== kind) {
    return (
      <>
        <h1 tabIndex={-1}>{name}</h1>
        <Problem>
          This rollup is of {kind}, and the view is of {of}.
        </Problem>
      </>
    );
  }
  switch (route.view) {
    case "overview":
      return <Overview />;
    case "batches":
      return <Batches before={route.before} />;
    case "batch":
      return <BatchView number={route.batch} leaf={route.leaf} />;
    case "transaction":
      return <TransactionView bytes={route.bytes} />;
    case "place":
      return <PlaceView batch={route.batch} leaf={route.leaf} slot={route.slot} />;
    case "account":
      return <AccountView index={route.index} owner={route.owner} />;
    case "queue":
      return <Queue />;
    case "race":
      return <Race />;
    case "fees":
      return <FeesView />;
    case "rounds":
      return <Rounds before={route.before} />;
    case "round":
      return <RoundView round={route.round} proposer={route.proposer} />;
    case "provers":
      return <Provers after={route.after} />;
    case "peers":
      return <Peers />;
    case "unknown":
      return (
        <>
          <h1 tabIndex={-1}>Not found</h1>
          <Problem>The address names no view. The links above do.</Problem>
        </>
      );
  }
}

/** A view that fails takes nothing else with it. */
function Guarded({ children }: { readonly children: JSX.Element }): JSX.Element {
  const [error] = useErrorBoundary() as readonly [unknown, () => void];
  if (error === undefined) return children;
  const reason = error instanceof Error ? error.message : "for no reason that is known";
  return <Problem>This view failed: {reason}. Choose another one.</Problem>;
}

/** Says when the connection is lost, and when a message could not be read. */
function ConnectionBar(): JSX.Element {
  const { connection, trouble } = useConnection();
  return (
    <div role="status" class={connection === "lost" || trouble !== undefined ? "bar" : "bar empty"}>
      {connection === "lost" && <p>The connection to the node is lost. What you see is old. Trying again…</p>}
      {trouble !== undefined && <p>{trouble}</p>}
    </div>
  );
}

function Frozen(): JSX.Element | null {
  const isB52 = useKind() === "B52";
  if (!useFrozen()) return null;
  return (
    <div class="bar frozen" role="alert">
      <p>
        The rollup is frozen for ever. {isB52 ? "No round goes on" : "Batches without a proof are void"}; users take
        their money out on L1.
      </p>
    </div>
  );
}

/** Tells a screen reader what has moved: politely, and not more often than every few seconds. */
function News(): JSX.Element {
  const { value } = useSurroundings().status;
  const [sentence, setSentence] = useState("");
  const last = useRef({ text: "", at: -QUIET });
  const isB52 = useKind() === "B52";
  const text =
    value === undefined
      ? ""
      : isB52
        ? `${value.finalBatches} blocks final.`
        : `${value.batches} batches posted, ${value.finalBatches} final.`;
  useEffect(() => {
    if (text === "" || text === last.current.text) return undefined;
    const isFirst = last.current.text === "";
    const say = (): void => {
      last.current = { text, at: performance.now() };
      // The reader has just opened the page, and reads the same there.
      if (!isFirst) setSentence(text);
    };
    const timer = setTimeout(say, Math.max(0, last.current.at + QUIET - performance.now()));
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <div class="hidden" role="status" aria-live="polite">
      {sentence}
    </div>
  );
}
