// Reads an event stream from a file with the npm package eventsource-parser and writes each event
// that it hears as one line of JSON: [event type or null, data, id of its block or null].
//
//   node read-events.mjs <stream file> <events file>
import { createReadStream, createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import { createParser } from 'eventsource-parser'

const [streamFile, eventsFile] = process.argv.slice(2)
const events = createWriteStream(eventsFile)
const parser = createParser({
  onEvent: ({ event = null, data, id = null }) => events.write(JSON.stringify([event, data, id]) + '\n'),
  // Whatever it calls an error is one: our encoder writes only fields that it must know.
  onError: (error) => { throw error },
})

// Fatal: what our encoder writes has to be well-formed UTF-8. An odd length cuts it anywhere.
const utf8 = new TextDecoder('utf-8', { fatal: true })
for await (const chunk of createReadStream(streamFile, { highWaterMark: 4099 })) {
  parser.feed(utf8.decode(chunk, { stream: true }))
}
parser.feed(utf8.decode())
events.end()
await finished(events)
