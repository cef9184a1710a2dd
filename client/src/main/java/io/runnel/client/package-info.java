/**
 * A client for event streams: {@link io.runnel.client.EventSource}, which does what a browser's
 * {@code EventSource} does by the WHATWG HTML standard (section "Server-sent events"), and what a
 * client on a server needs besides; and {@link io.runnel.client.RunnelPublisher}, which publishes
 * to a hub. Needs the JDK only.
 *
 * <pre>{@code
 * static void follow(URI orders, Supplier<String> token, String resumeFrom) throws Exception {
 *   EventSource.Builder builder =
 *       EventSource.to(orders)
 *           .header("Authorization", () -> "Bearer " + token.get())
 *           .lastEventId(resumeFrom);
 *
 *   // Callbacks:
 *   EventSource source = builder.start(event -> System.out.println(event.data()));
 *   source.close();
 *
 *   // Pulling, where the id is stored with the work:
 *   try (EventReader reader = builder.read()) {
 *     for (Event event : reader) {
 *       System.out.println(event.type() + " " + event.data() + " " + reader.lastEventId());
 *     }
 *   }
 *
 *   // Publishing:
 *   try (RunnelPublisher publisher = RunnelPublisher.to(orders.resolve("/")).build()) {
 *     Receipt receipt = publisher.publish("orders", Event.of("placed", "{}")).get();
 *     System.out.println(receipt.id());
 *   }
 * }
 * }</pre>
 *
 * <p><b>Where {@code java.net.http} sets the limits.</b> It writes header values as US-ASCII, so a
 * last event ID with other characters travels in the query, as {@code lastEventId}. It tries a GET
 * again by itself, a few times at once, if a connection ends before a byte of the answer, and
 * follows a challenge of the server if its user gave it an {@code Authenticator}. A GET over
 * HTTP/1.1 says {@code Content-Length: 0} before JDK 19. It bounds the headers of an answer ({@code
 * jdk.http.maxHeaderSize}, 384 KiB) and interim answers ({@code
 * jdk.httpclient.maxNonFinalResponses}, 8; the socket of a server that sends more is left to that
 * server). It reads some broken values of {@code Content-Length} as none. The first bytes of a
 * chunk are lost with the broken chunk that follows them; resuming brings them back. With HTTP/2,
 * backpressure reaches the sender through a window of some megabytes, over HTTP/1.1 through the
 * socket.
 */
@NullMarked
package io.runnel.client;

import org.jspecify.annotations.NullMarked;
