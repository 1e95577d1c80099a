// Runs one app's command from source. Relative paths on its command line mean the caller's directory.
const [, , app, bin, ...args] = process.argv;
if (process.env.INIT_CWD) process.chdir(process.env.INIT_CWD);
const command = new URL(`../apps/${app}/bin/${bin}.js`, import.meta.url);
process.argv = [process.argv[0], command.pathname, ...args];
await import(command.href);
