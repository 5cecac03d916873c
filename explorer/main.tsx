// SPDX-License-Identifier: MIT
import { render } from "preact";

import { App } from "./app.tsx";
import { NodeClient } from "./client.ts";

// Relative, so that a proxy may serve the node under a path.
const url = new URL("../ws", location.href);
url.protocol = url.protocol === "https:" ? "wss:" : "ws:";

render(<App client={new NodeClient(url.href)} />, document.querySelector("#app")!);
