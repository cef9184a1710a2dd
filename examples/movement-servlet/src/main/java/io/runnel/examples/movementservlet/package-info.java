/** The moving box as a servlet: see {@link io.runnel.examples.movementservlet.MovingBox}. */
@NullMarked
package io.runnel.examples.movementservlet;

import org.jspecify.annotations.NullMarked;
