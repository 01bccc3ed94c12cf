import { consume } from "prinia/consumer";
import { createApp, DirectoryObject, PriniaService, QueueObject } from "prinia/server";

export default createApp();
export { DirectoryObject, PriniaService, QueueObject };

/** What another Worker's queue may call. */
export const Echo = consume({ echo: (args) => args });
