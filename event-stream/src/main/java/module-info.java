/** The WHATWG event stream format: events, their encoder and their parser. */
module io.runnel.eventstream {
  requires static org.jspecify;

  exports io.runnel.eventstream;
}
