// Node without a library, as every tutorial shows it: node node.js PORT
const http = require('http');
const topics = new Map();

http.createServer((request, response) => {
  const topic = request.url.slice(5);
  if (request.url.startsWith('/sub/')) {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
    response.flushHeaders();
    if (!topics.has(topic)) topics.set(topic, new Set());
    topics.get(topic).add(response);
    response.on('close', () => topics.get(topic).delete(response));
    return;
  }
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (part) => (body += part));
  request.on('end', () => {
    for (const subscriber of topics.get(topic) ?? []) subscriber.write(`data: ${body}\n\n`);
    response.end();
  });
}).listen({ port: +process.argv[2], host: '127.0.0.1', backlog: 65535 });
