/** The API reference: Swagger UI over the document of this server. */

import "swagger-ui-dist/swagger-ui.css";
import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";
import "./docs.css";

const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = (): void => void document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();

SwaggerUI({
  dom_id: "#reference",
  url: "/v1/openapi.json",
  // It would send the address of this document to a server of theirs.
  validatorUrl: null,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
  // Keeps a token in localStorage; here it lasts as long as the page does.
  persistAuthorization: false,
});
