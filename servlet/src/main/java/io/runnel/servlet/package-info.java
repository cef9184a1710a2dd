/**
 * Event streams in a Jakarta Servlet container. Two shapes: {@link
 * io.runnel.servlet.EventSourceServlet}, where a class of yours speaks to one client, and {@link
 * io.runnel.servlet.TopicServlet}, where clients subscribe to the topics of a hub. Both stand on
 * {@link io.runnel.servlet.EventStreams}, of which a web application has one.
 */
@NullMarked
package io.runnel.servlet;

import org.jspecify.annotations.NullMarked;
