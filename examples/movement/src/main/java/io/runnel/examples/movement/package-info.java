/** The movement example: a box that walks at random, seen by every page that is open. */
@NullMarked
package io.runnel.examples.movement;

import org.jspecify.annotations.NullMarked;
