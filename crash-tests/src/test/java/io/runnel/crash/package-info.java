/** The real hub, killed at any moment, and what its subscribers and publishers saw of it. */
@NullMarked
package io.runnel.crash;

import org.jspecify.annotations.NullMarked;
