/// The architecture, defined once: `Decoder` over the verbs of `Ops`, its configuration, its
/// weights.
@NullMarked
package chuan.model;

import org.jspecify.annotations.NullMarked;
