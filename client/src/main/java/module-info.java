/** An {@code EventSource} for Java over {@code java.net.http}, and a publisher for the hub. */
module io.runnel.client {
  requires transitive io.runnel.eventstream;
  requires transitive java.net.http;
  requires static org.jspecify;

  exports io.runnel.client;
}
