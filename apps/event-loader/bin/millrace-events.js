#!/usr/bin/env node
import { start } from "@millrace/cli/start";

await start("millrace-events", "events", () => import("@millrace/event-loader/cli"));
