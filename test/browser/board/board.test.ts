// All tests of the board, in one file: they share a server and a browser, whose starts cost more than most of them.

import "./overview.ts";
import "./pages.ts";
import "./tasks.ts";
import "./reading.ts";
import "./states.ts";
