#!/usr/bin/env node
import { start } from "@millrace/cli/start";

await start("millrace-docdb", "docdb", () => import("@millrace/doc-db/cli"));
