/** Joins a directory and a name with one `/`; an empty directory or "." adds nothing. */
export function joinPath(directory: string, name: string): string {
  if (directory === "" || directory === ".") return name;
  return directory.endsWith("/") ? directory + name : `${directory}/${name}`;
}

/** The directory that holds `path`: "a/b" → "a", "/a" → "/", "a" → ".". */
export function parentPath(path: string): string {
  const trimmed = trimSlashes(path);
  const slash = trimmed.lastIndexOf("/");
  if (slash < 0) return ".";
  return slash === 0 ? "/" : trimSlashes(trimmed.slice(0, slash));
}

/** The last part of `path`: "a/b" → "b". */
export function baseName(path: string): string {
  const trimmed = trimSlashes(path);
  return trimmed.slice(trimmed.lastIndexOf("/") + 1);
}

function trimSlashes(path: string): string {
  let end = path.length;
  while (end > 1 && path[end - 1] === "/") end--;
  return path.slice(0, end);
}
