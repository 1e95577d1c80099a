// A module that forgot to call serveTasks.
export {};
