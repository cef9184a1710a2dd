/** The transports example: one topic over four ways, side by side, with what each of them costs. */
@NullMarked
package io.runnel.examples.transports;

import org.jspecify.annotations.NullMarked;
