import { createApp, DirectoryObject, PriniaService, QueueObject } from "prinia/server";

export default createApp();
export { DirectoryObject, PriniaService, QueueObject };
