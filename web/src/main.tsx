import { render } from "preact";
import { App } from "./app.tsx";
import { followAddress } from "./route.ts";
import { watchService } from "./service.ts";
import { applyTheme } from "./theme.ts";

applyTheme();
followAddress();
watchService();
const root = document.getElementById("app");
if (root !== null) render(<App />, root);
