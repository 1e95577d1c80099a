/**
 * What a finished write guarantees: `"none"` nothing, `"os"` that it survives the process (it was handed to the
 * kernel), `"disk"` that it survives power loss (data and names were synced).
 */
export type Durability = "none" | "os" | "disk";

/** All of {@link Durability}, weakest first. */
export const DURABILITIES: readonly Durability[] = Object.freeze(["none", "os", "disk"] as const);
