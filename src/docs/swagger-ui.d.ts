/** What of Swagger UI is used: its package has no types. */

declare module "swagger-ui-dist/swagger-ui-es-bundle.js" {
  interface Options {
    readonly dom_id: string;
    readonly url: string;
    readonly validatorUrl: null;
    readonly deepLinking: boolean;
    readonly docExpansion: "list" | "full" | "none";
    readonly defaultModelsExpandDepth: number;
    readonly tryItOutEnabled: boolean;
    readonly persistAuthorization: boolean;
  }
  const SwaggerUI: (options: Options) => void;
  export default SwaggerUI;
}
