// As many are: plain lines on the log, a fixed port, a file of its own beside it, and no answer to SIGTERM.
const { appendFileSync } = require("node:fs");
const { createServer } = require("node:http");

createServer((request, response) => {
  console.log(`${request.method} ${request.url}`);
  appendFileSync("visits.txt", ".");
  if (request.url === "/slow") {
    setTimeout(() => response.end("done"), 3000);
  } else if (request.url === "/") {
    response.setHeader("Content-Type", "text/html");
    response.end("<!doctype html><title>Node</title><script src=/app.js></script>");
  } else if (request.url === "/health") {
    response.end("fine");
  } else {
    response.statusCode = 404;
    response.end();
  }
}).listen(3000);
