// A whole answer: a text, or JSON.
export function reply(response, status, body) {
  const kind = typeof body === "string" ? "text/plain; charset=utf-8" : "application/json";
  response.writeHead(status, { "content-type": kind });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}
