export * from "./browser.ts";
// Stands over the browser's defaultVfs: an export by name goes before those of `export *`.
export { DiskVfs, defaultVfs, diskVfs } from "./disk-vfs.ts";
