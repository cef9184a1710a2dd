/** The orders example: a shop places orders, the back office sees them within a blink. */
@NullMarked
package io.runnel.examples.orders;

import org.jspecify.annotations.NullMarked;
