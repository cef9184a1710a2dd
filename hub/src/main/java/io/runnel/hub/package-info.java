/** The stand-alone hub: its configuration, its server and its command line. */
@NullMarked
package io.runnel.hub;

import org.jspecify.annotations.NullMarked;
