/** The board's entry. */

import "./styles/theme.css";
import "./styles/base.css";
import "./styles/parts.css";
import "./styles/facts.css";
import "./styles/layout.css";
import "./styles/pages.css";
import { render } from "preact";
import { App } from "./app.tsx";
import { startClock } from "./clock.tsx";
import { startTheme } from "./theme.tsx";
import { followExpiry } from "./token.ts";

startTheme();
startClock();
followExpiry();
const place = document.querySelector("#app");
if (place !== null) render(<App />, place);
