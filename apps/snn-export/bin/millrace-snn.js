#!/usr/bin/env node
import { start } from "@millrace/cli/start";

await start("millrace-snn", "snn", () => import("@millrace/snn-export/cli"));
