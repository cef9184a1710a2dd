/** The orders example as a Spring Boot application. */
@NullMarked
package io.runnel.examples.ordersspring;

import org.jspecify.annotations.NullMarked;
