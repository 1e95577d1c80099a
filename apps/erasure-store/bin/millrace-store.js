#!/usr/bin/env node
import { start } from "@millrace/cli/start";

await start("millrace-store", "store", () => import("@millrace/erasure-store/cli"));
