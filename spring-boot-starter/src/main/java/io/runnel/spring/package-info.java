/**
 * Event streams in a Spring Boot application: {@link io.runnel.spring.RunnelHub} to publish, {@link
 * io.runnel.spring.MvcHub} and {@link io.runnel.spring.WebFluxHub} to answer with a stream.
 */
@NullMarked
package io.runnel.spring;

import org.jspecify.annotations.NullMarked;
