/** The board's entry. */

import { render } from "preact";

const place = document.querySelector("#app");
if (place !== null) render(<h1>Prinia</h1>, place);
