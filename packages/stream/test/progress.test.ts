import { expect, test } from "vitest";
import { Progress, type ProgressReport } from "../src/index.ts";

function newProgress(totalBytes?: number) {
  const clock = { nowMs: 5000 };
  const reports: ProgressReport[] = [];
  const progress = new Progress({ totalBytes, nowMs: () => clock.nowMs, onReport: (r) => reports.push(r) });
  return { clock, reports, progress };
}

test("reports at most once every 100 ms, and once at the end", () => {
  const { clock, reports, progress } = newProgress();
  for (let i = 0; i < 350; i++) {
    clock.nowMs++;
    progress.add(2, 10);
  }
  progress.finish();
  progress.finish();
  progress.add(1, 1);
  expect(reports.map((report) => report.rows)).toEqual([200, 400, 600, 700]);
  expect(reports.map((report) => report.isFinal)).toEqual([false, false, false, true]);
});

test("rates and time left are those of the whole run so far", () => {
  const { clock, progress } = newProgress(1000);
  clock.nowMs += 2000;
  progress.add(50, 400);
  expect(progress.report()).toEqual({
    rows: 50,
    bytes: 400,
    totalBytes: 1000,
    rowsPerSecond: 25,
    bytesPerSecond: 200,
    secondsLeft: 3,
    isFinal: false,
  });
  progress.add(0, 700);
  expect(progress.report().secondsLeft).toBe(0);
});

test("says null where it cannot tell, and no infinite rates", () => {
  const unknown = newProgress();
  unknown.clock.nowMs += 1000;
  unknown.progress.add(1, 1);
  expect(unknown.progress.report()).toMatchObject({ totalBytes: null, secondsLeft: null });
  const sudden = newProgress(10);
  sudden.progress.add(5, 5);
  expect(sudden.progress.report()).toMatchObject({ rowsPerSecond: 0, bytesPerSecond: 0, secondsLeft: null });
});

test("a run without rows still has a final report, and works without options", () => {
  const { reports, progress } = newProgress();
  progress.finish();
  expect(reports).toHaveLength(1);
  expect(reports[0]).toMatchObject({ rows: 0, isFinal: true });
  const silent = new Progress();
  silent.add(1, 1);
  silent.finish();
  expect(silent.report()).toMatchObject({ rows: 1, isFinal: true });
});

test("refuses an interval out of range", () => {
  expect(() => new Progress({ intervalMs: -1 })).toThrow(
    expect.objectContaining({ code: "STREAM_OPTION_RANGE" }),
  );
});
