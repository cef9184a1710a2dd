/**
 * The event stream format of the WHATWG HTML standard, section "Server-sent events": {@link
 * io.runnel.eventstream.Event}, {@link io.runnel.eventstream.EventStreamEncoder} and {@link
 * io.runnel.eventstream.EventStreamParser}. Knows no topics and no HTTP.
 */
@NullMarked
package io.runnel.eventstream;

import org.jspecify.annotations.NullMarked;
