/** Tests of applications with event streams: {@link io.runnel.spring.test.RunnelTestClient}. */
@NullMarked
package io.runnel.spring.test;

import org.jspecify.annotations.NullMarked;
