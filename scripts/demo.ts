/** Runs the demo app for `npm start`, and ends with the server that started it. */
process.on("disconnect", () => process.exit());
await import("../examples/express/server.ts");
