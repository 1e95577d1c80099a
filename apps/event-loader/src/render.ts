// Apart from the main entry, which runs in a browser: what is here needs Node's zlib, and ffmpeg for videos.
export type { RenderDecay } from "./render/event-painter.ts";
export { DEFAULT_RENDER_OPTIONS, type RenderOptions, renderRecording } from "./render/render-recording.ts";
export { type ImageSequence, openImageSequence } from "./simulator/image-frames.ts";
